#pragma once

#include "attachment.hpp"
#include "terminal_screen.hpp"
#include <curfew/admin/watch_model.hpp>
#include <curfew/admin/watch_view.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/signals.hpp>
#include <curfew/runtime/task_group.hpp>

#include <memory>
#include <string>
#include <vector>

namespace curfew::cli {

struct watch_request {
    std::vector<attachment::target> processes;
    std::string token;
    admin::screen_style style;
    duration interval = std::chrono::milliseconds{500};  ///< between two drawings
};

/// The processes that are watched, attached and attached again.
/// Thread rule: the loop's thread.
class watched_fleet {
  public:
    watched_fleet(runtime::loop& on, runtime::network& through, const watch_request& what);
    watched_fleet(const watched_fleet&) = delete;
    watched_fleet& operator=(const watched_fleet&) = delete;
    ~watched_fleet();

    [[nodiscard]] admin::watch_model& model() noexcept { return model_; }

    /// Follows all of them until `under` ends; `changed` is passed when one comes or goes.
    [[nodiscard]] runtime::task<> follow(runtime::scope& under, runtime::baton& changed);

    /// One state of each, from those that answer.
    [[nodiscard]] runtime::task<> look_once(runtime::scope& under);

  private:
    class member;

    [[nodiscard]] runtime::task<> keep_attached(
        std::size_t process, runtime::scope& under, runtime::baton& changed
    );
    [[nodiscard]] runtime::task<> look_at(std::size_t process, runtime::scope& under);

    admin::watch_model model_;
    std::vector<std::unique_ptr<member>> members_;
};

/// `curfew watch` on a terminal, until it is left. The exit code.
[[nodiscard]] int watch_on_terminal(const watch_request& what);

/// What is known after one look.
[[nodiscard]] admin::watch_picture look_at_all(const watch_request& what);

}  // namespace curfew::cli
