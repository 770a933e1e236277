#pragma once

#include <curfew/alerts/notice.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/http/client.hpp>
#include <curfew/policy/webhook_url.hpp>
#include <curfew/process/unit.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

namespace curfew::alerts {

/// What came of sending one notice.
struct delivery {
    std::optional<errc> wrong;  ///< nothing: it was taken
    std::string said;           ///< "answered 204", "no answer in time (3 attempts)"
    duration took{};

    [[nodiscard]] bool good() const noexcept { return !wrong; }
};

/// Takes notices, one at a time. Thread rule: the loop's thread.
class sink {
  public:
    virtual ~sink() = default;

    /// Ends within `sink_policy::timeout` (a command's tree has two seconds more to be killed in),
    /// and soon after `under` has ended. `what` outlives the task.
    [[nodiscard]] virtual runtime::task<delivery> deliver(
        const notice& what, runtime::scope& under
    ) = 0;
};

/// A POST of JSON to an http:// URL. Taken when it answers 2xx. Tried again, with growing pauses of
/// random length, when nobody answers, or with 429 or 5xx; each attempt has its share of the time
/// that is left. `Idempotency-Key` is the id of the notice.
class webhook final : public sink {
  public:
    /// `rules` is valid. `seed` is of the pauses.
    webhook(
        runtime::loop& on,
        runtime::network& through,
        const policy::sink_policy& rules,
        source who,
        std::uint64_t seed
    );

    [[nodiscard]] runtime::task<delivery> deliver(const notice& what, runtime::scope& under)
        override;

  private:
    struct attempt {
        std::optional<errc> wrong;
        std::string said;
        bool again = false;
    };

    [[nodiscard]] runtime::task<attempt> try_once(const std::string& text, runtime::scope& under);
    [[nodiscard]] std::string request_of(const notice& what) const;

    runtime::network& through_;
    runtime::resolver resolver_;
    policy::sink_policy rules_;
    policy::webhook_url url_;
    source who_;
    std::minstd_rand random_;
};

/// A command that reads the JSON on its standard input and knows CURFEW_ALERT_NAME, _STATE,
/// _SEVERITY, _OPERATION (of the first change) and _COUNT. Taken when it ends with 0. What it
/// prints is not looked at. When it has ended, or its time is over, everything it started is
/// killed.
class command_sink final : public sink {
  public:
    command_sink(
        runtime::loop& on, process::host& machine, const policy::sink_policy& rules, source who
    );

    [[nodiscard]] runtime::task<delivery> deliver(const notice& what, runtime::scope& under)
        override;

  private:
    [[nodiscard]] process::command command_for(const notice& what) const;

    runtime::loop& loop_;
    process::host& machine_;
    policy::sink_policy rules_;
    source who_;
};

/// The sink that `rules` mean. `on`, `through` and `machine` outlive it.
[[nodiscard]] std::unique_ptr<sink> make_sink(
    runtime::loop& on,
    runtime::network& through,
    process::host& machine,
    const policy::sink_policy& rules,
    const source& who,
    std::uint64_t seed
);

}  // namespace curfew::alerts
