#pragma once

#include <curfew/core/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace curfew {

/// What an operation was doing while time passed.
enum class stage : std::uint8_t {
    receive,    ///< reading the request from the caller
    queue,      ///< waiting for a permit
    start,      ///< waiting for a backend that is starting or restarting
    resolve,    ///< DNS
    connect,    ///< TCP connect
    handshake,  ///< TLS
    attempt,    ///< sent to the upstream, waiting for its first answer
    backoff,    ///< pausing between attempts
    body,       ///< relaying bodies
    run,        ///< a command or task at work
    other,
};

[[nodiscard]] std::string_view to_string(stage which) noexcept;

/// Where an operation's time went, stage by stage, in the order in which stages were first entered.
/// Attempts are numbered. Fixed size: what does not fit is added to the last entry, which becomes
/// `other`, so that the sum always holds (and stops at the end of the timeline). Nothing here
/// allocates but `format`.
class time_account {
  public:
    static constexpr std::size_t capacity = 12;

    struct entry {
        stage what = stage::other;
        std::uint8_t number = 0;  ///< 1, 2, ... for numbered stages; 0 otherwise
        duration spent{};
    };

    /// Adds time to a stage; `number` tells attempts and backoffs apart (0: not numbered).
    void add(stage what, duration spent, std::uint8_t number = 0) noexcept;

    [[nodiscard]] std::span<const entry> entries() const noexcept {
        return {entries_.data(), size_};
    }

    [[nodiscard]] duration total() const noexcept;

    /// `queue 1.20 s, connect 0.01 s, attempt 1 0.90 s`
    [[nodiscard]] std::string format() const;

  private:
    std::array<entry, capacity> entries_{};
    std::uint8_t size_ = 0;
};

}  // namespace curfew
