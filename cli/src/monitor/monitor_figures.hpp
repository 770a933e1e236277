#pragma once

#include <curfew/core/cause.hpp>
#include <curfew/core/histogram.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::cli {

/// What a probe of a database does, one after the other.
enum class probe_stage : std::uint8_t {
    connect,     ///< name look-up, TCP, TLS and login
    initialize,  ///< from the start of the connect to the first answer of any statement
    query,       ///< one statement on a connection that works
};

inline constexpr std::size_t probe_stages = 3;

/// "initialize"
[[nodiscard]] std::string_view to_string(probe_stage which) noexcept;

/// One probe that has ended, or could not begin.
struct probe_result {
    duration due{};  ///< since the start of the run
    bool started = true;
    outcome ended = outcome::success;  ///< success, timeout or failure
    std::array<duration, probe_stages> took{};
    std::size_t completed = 0;  ///< stages, in their order
    std::string wrong;          ///< one sentence
    std::string behind{};       ///< what stands behind it: limit, pressure, time account
};

/// What a run of probes has come to. Of a stage that was not completed nothing is counted; a probe
/// that could not begin, because as many as are allowed hang, counts against the database.
/// Thread rule: one thread.
class monitor_figures {
  public:
    static constexpr std::size_t slots_most = 12;
    static constexpr std::size_t complaints_most = 8;

    struct slot {
        duration begins{};
        std::uint64_t probes = 0;
        std::uint64_t bad = 0;
        histogram took;  ///< of whole probes that were a success
    };

    explicit monitor_figures(duration length);

    void add(const probe_result& what);

    [[nodiscard]] std::uint64_t started() const noexcept { return started_; }

    [[nodiscard]] std::uint64_t succeeded() const noexcept { return succeeded_; }

    [[nodiscard]] std::uint64_t timed_out() const noexcept { return timed_out_; }

    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }

    [[nodiscard]] std::uint64_t not_started() const noexcept { return not_started_; }

    /// Of all that were due: what was no success. 0 where none was due.
    [[nodiscard]] double bad_share() const noexcept;

    [[nodiscard]] const histogram& took(probe_stage which) const noexcept {
        return took_[static_cast<std::size_t>(which)];
    }

    /// The run in pieces of one length; those that are not over have fewer.
    [[nodiscard]] const std::vector<slot>& slots() const noexcept { return slots_; }

    /// One thing that went wrong.
    struct complaint {
        std::uint64_t count = 0;
        std::string last;  ///< what stood behind the last of them; empty: nothing more is known
    };

    /// What went wrong, by its sentence; the rest is under "other".
    [[nodiscard]] const std::map<std::string, complaint>& complaints() const noexcept {
        return complaints_;
    }

  private:
    duration each_;
    std::uint64_t started_ = 0;
    std::uint64_t succeeded_ = 0;
    std::uint64_t timed_out_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t not_started_ = 0;
    std::array<histogram, probe_stages> took_;
    std::vector<slot> slots_;
    std::map<std::string, complaint> complaints_;
};

enum class monitor_verdict : std::uint8_t {
    pass,
    fail,  ///< more than the policy's share was no success
    none,  ///< VOID: no probe ran
};

/// "PASS", "FAIL", "VOID"
[[nodiscard]] std::string_view to_string(monitor_verdict which) noexcept;

/// 0, 1, 4.
[[nodiscard]] int exit_code_of(monitor_verdict which) noexcept;

/// `allowed`: `database.timeout_rate`.
[[nodiscard]] monitor_verdict judge(const monitor_figures& of, double allowed) noexcept;

}  // namespace curfew::cli
