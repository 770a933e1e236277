#pragma once

#include <curfew/admin/caller.hpp>
#include <curfew/admin/pages.hpp>
#include <curfew/alerts/status.hpp>
#include <curfew/http/accept.hpp>
#include <curfew/http/server.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task_group.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::cli {

/// The admin listener: health, metrics and what else is added, never shed; whom it answers is
/// admin::deny_caller's to say, and by which method admin::deny_purpose's.
/// Thread rule: the control loop's thread.
class admin_site {
  public:
    /// Where pages are drawn from.
    struct sources {
        /// Whether we are ready, and how the backend is: known here, at once.
        std::function<gateway::snapshot()> state;

        /// All of it; the scope bounds it. Nothing when a worker does not answer.
        std::function<runtime::task<std::optional<gateway::snapshot>>(runtime::scope&)> everything;

        /// How the ledger is; nothing where none is kept.
        std::function<std::optional<ledger::status>()> ledger;

        /// How the alerts are; nothing where there are none.
        std::function<std::optional<alerts::status>()> alerts;
    };

    admin_site(runtime::loop& on, admin::terms of, sources from);
    admin_site(const admin_site&) = delete;
    admin_site& operator=(const admin_site&) = delete;

    /// `connections`: at most so many at a time, in all 256. `short_of` hears of what could not be
    /// accepted.
    void begin(
        std::unique_ptr<runtime::listener> listening,
        std::size_t connections,
        http::connection_cap::shortage_listener short_of
    );

    /// Answers `path` (without a query) by `answer` from now on, which outlives the last request.
    /// What may be asked there, and by whom, goes by `what`; a body of a request is at most 16 KiB
    /// and here within 10 seconds. Before begin(), and each path once.
    void add(std::string_view path, admin::purpose what, http::handler answer);

    /// Likewise every path that begins with `prefix`, which ends with a slash.
    void add_below(std::string_view prefix, admin::purpose what, http::handler answer);

    /// Whom it answers from now on.
    void admit(admin::terms of) { terms_ = std::move(of); }

    /// One page, for the main listener's own health path (view::brief) too. No token is asked for
    /// here. Takes no more trouble than the page needs: that we are alive costs nothing.
    [[nodiscard]] runtime::task<http::response> page(
        admin::view what, admin::metrics_format format = admin::metrics_format::prometheus
    );

    /// Ends every connection.
    [[nodiscard]] runtime::task<> close();

  private:
    struct endpoint {
        std::string_view path;
        admin::purpose what{};
        http::handler answer;
        bool with_all_below = false;

        [[nodiscard]] bool answers(std::string_view asked) const noexcept {
            return with_all_below ? asked.starts_with(path) : asked == path;
        }
    };

    [[nodiscard]] runtime::task<http::response> answer(const http::request& asked);

    runtime::loop& loop_;
    admin::terms terms_;
    std::vector<endpoint> endpoints_;
    sources from_;
    process::process_sampler sampler_;
    runtime::scope scope_;
    runtime::task_group tasks_;
    runtime::task_group connections_;
    std::unique_ptr<runtime::listener> listening_;
    http::server_limits limits_;
    http::handler answer_;
    http::connection_handler serve_;
    http::connection_cap cap_;
    http::resting_connections resting_{cap_, loop_};
    http::accept_numbers accepted_;
};

}  // namespace curfew::cli
