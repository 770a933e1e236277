#pragma once

#include <curfew/gateway/gateway.hpp>
#include <curfew/process/backend.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/resolver.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace curfew::cli {

/// Asks the supervised backend, at the first URL of the first upstream.
///
/// Ready when it accepts a connection, or answers `backend.ready_path` with a status below 400.
/// Alive when it answers `backend.live_path` with less than 500. Without that path: alive when it
/// accepts a connection; but the kernel does that for a hung program too, so when requests hang and
/// not one was answered since the last look, it must answer a HEAD with any status. Before it fails
/// to, the workers let go of their idle connections to it.
/// Thread rule: the main loop's thread.
class http_probe final : public process::backend_probe {
  public:
    http_probe(runtime::loop& on, runtime::network& through, gateway::gateway& shared);

    [[nodiscard]] runtime::task<bool> answers(purpose why, runtime::scope& under) override;

    [[nodiscard]] std::string_view complaint() const override { return complaint_; }

    [[nodiscard]] std::optional<runtime::endpoint> asks_at() const override { return asks_at_; }

  private:
    /// No path: a connection is enough.
    struct question {
        http1::method_id method = http1::method_id::get;
        std::string path;
        int below = 600;
    };

    [[nodiscard]] question liveness();
    [[nodiscard]] runtime::task<bool> ask(
        runtime::endpoint at, question what, runtime::scope& under
    );

    runtime::network& through_;
    runtime::resolver resolver_;
    gateway::gateway& gateway_;
    time_point heard_at_ = time_point::min();
    std::optional<runtime::endpoint> asks_at_;
    std::string complaint_;
    policy::http_url url_;
    policy::backend_policy rules_;
};

}  // namespace curfew::cli
