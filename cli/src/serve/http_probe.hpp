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
/// accepts a connection; but the kernel does that for a hung program too, so it must answer a HEAD
/// of `/` with any status
///  - when requests hang and not one was answered since the last look;
///  - when nothing is in flight, if it has answered such a HEAD since it was started. Until it has,
///    it is asked at most `backend.live_failures` times, and its silence means nothing. One that
///    closes the connection instead is not asked again, whatever is started later. That the HEAD
///    is not answered counts only if nothing was in flight at its end either, and nothing answered.
/// While something is in flight and does not hang, it is not asked: a backend of one thread may be
/// busy with it, and probes that it does not take fill its backlog.
/// Before it fails to answer, the workers let go of their idle connections to it.
/// Thread rule: the main loop's thread.
class http_probe final : public process::backend_probe {
  public:
    http_probe(runtime::loop& on, runtime::network& through, gateway::gateway& shared);

    [[nodiscard]] runtime::task<bool> answers(purpose why, runtime::scope& under) override;

    [[nodiscard]] std::string_view complaint() const override { return complaint_; }

    [[nodiscard]] time_point answered_at() const override { return gateway_.backend_heard_at(); }

    [[nodiscard]] std::optional<runtime::endpoint> asks_at() const override { return asks_at_; }

  private:
    enum class weight : std::uint8_t {
        verdict,    ///< no answer is a failure
        when_idle,  ///< only if it is idle still
        none,       ///< a connection decides
    };
    enum class reply : std::uint8_t { good, none, closed };

    /// No path: a connection is enough.
    struct question {
        http1::method_id method = http1::method_id::get;
        std::string path;
        int below = 600;
        weight silence = weight::verdict;
        duration patience{};
    };

    [[nodiscard]] std::optional<question> readiness();
    [[nodiscard]] std::optional<question> liveness();  ///< nothing: it lives
    [[nodiscard]] question head(weight silence, duration patience) const;
    [[nodiscard]] bool is_idle_and_silent() const noexcept;
    [[nodiscard]] runtime::task<reply> ask_everywhere(question what, runtime::scope& under);
    [[nodiscard]] runtime::task<reply> ask(
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
    std::uint32_t unanswered_ = 0;  ///< HEADs since its start, before the first answer
    bool answers_head_ = false;     ///< since its start
    bool shuns_head_ = false;
};

}  // namespace curfew::cli
