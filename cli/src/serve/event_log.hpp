#pragma once

#include <curfew/core/event.hpp>
#include <curfew/policy/policy.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace spdlog {
class logger;
}

namespace curfew::cli {

/// Writes events to stderr as lines of text or JSON, by a thread of its own: 8192 lines may wait,
/// then the oldest are dropped, so a loop never blocks on a full pipe. Event attributes are the
/// only texts from outside; control bytes in them are escaped.
/// Of what happens again and again (the same name, outcome, cause and error) one line a second is
/// written, which tells how many like it were left out before; the access log is whole.
/// Thread rule: any thread.
class event_log final : public event_sink {
  public:
    explicit event_log(const policy::server_policy& how);
    event_log(const event_log&) = delete;
    event_log& operator=(const event_log&) = delete;
    ~event_log() override;

    void record(const event& what) noexcept override;

    /// A sentence of Curfew's own.
    void say(policy::severity level, std::string_view sentence) noexcept;

  private:
    /// What was said lately: a table of fixed size, in which a newcomer takes the place of the one
    /// it collides with.
    struct recent {
        std::uint64_t key = 0;
        std::int64_t second = 0;
        std::uint64_t left_out = 0;
    };

    /// How many like it were left out before it; nothing when it is to be left out itself.
    [[nodiscard]] std::optional<std::uint64_t> admit(const event& what) noexcept;
    void write(policy::severity level, const std::string& line) noexcept;

    static constexpr std::size_t recent_max = 256;

    std::mutex lock_;
    std::array<recent, recent_max> recent_{};
    bool json_;
    bool access_log_;
    policy::severity least_;
    std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace curfew::cli
