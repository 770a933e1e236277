#pragma once

#include <curfew/admin/pages.hpp>
#include <curfew/http/accept.hpp>
#include <curfew/http/server.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task_group.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace curfew::cli {

/// The admin listener: health and metrics, never shed, behind a token if there is one.
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
    };

    admin_site(runtime::loop& on, std::string token, sources from);
    admin_site(const admin_site&) = delete;
    admin_site& operator=(const admin_site&) = delete;

    /// `connections`: at most so many at a time, in all 256. `short_of` hears of what could not be
    /// accepted.
    void begin(
        std::unique_ptr<runtime::listener> listening,
        std::size_t connections,
        http::connection_cap::shortage_listener short_of
    );

    /// One page, for the main listener's own health path (view::brief) too. No token is asked for
    /// here. Takes no more trouble than the page needs: that we are alive costs nothing.
    [[nodiscard]] runtime::task<http::response> page(admin::view what);

    /// Ends every connection.
    [[nodiscard]] runtime::task<> close();

  private:
    [[nodiscard]] runtime::task<http::response> answer(const http::request& asked);
    [[nodiscard]] bool may_read(const http::request& asked) const noexcept;

    runtime::loop& loop_;
    std::string token_;
    sources from_;
    admin::process_sampler sampler_;
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
