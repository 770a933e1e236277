#pragma once

#include <curfew/admin/pages.hpp>
#include <curfew/http/accept.hpp>
#include <curfew/http/server.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task_group.hpp>

#include <functional>
#include <memory>
#include <string>

namespace curfew::cli {

/// The admin listener: health and metrics, never shed, behind a token if there is one.
/// Thread rule: the main loop's thread.
class admin_site {
  public:
    /// Draws a snapshot; the scope bounds it.
    using source = std::function<runtime::task<gateway::snapshot>(runtime::scope&)>;

    admin_site(runtime::loop& on, std::string token, source draw);
    admin_site(const admin_site&) = delete;
    admin_site& operator=(const admin_site&) = delete;

    void begin(std::unique_ptr<runtime::listener> listening);

    /// One page, for the main listener's own health path too. No token is asked for here.
    [[nodiscard]] runtime::task<http::response> page(const http::request& asked);

    /// Ends every connection.
    [[nodiscard]] runtime::task<> close();

  private:
    [[nodiscard]] runtime::task<http::response> guarded_page(const http::request& asked);

    runtime::loop& loop_;
    std::string token_;
    source draw_;
    admin::process_sampler sampler_;
    runtime::scope scope_;
    runtime::task_group tasks_;
    runtime::task_group connections_;
    std::unique_ptr<runtime::listener> listening_;
    http::server_limits limits_;
    http::handler answer_;
    http::connection_handler serve_;
    http::accept_numbers accepted_;
};

}  // namespace curfew::cli
