#pragma once

#include "admin_site.hpp"
#include "notable_ends.hpp"
#include <curfew/admin/live_window.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/http/server.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/intrusive_list.hpp>
#include <curfew/runtime/task_group.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace curfew::cli {

/// The streams of `/-/events`: a state a second, drawn once for all who read, and what ended
/// notably as it happens. It draws while somebody reads, and does nothing else. Whoever reads
/// slowly gets the newest state and is told how many it missed; what is kept for one is the piece
/// that it is being sent. Where no state can be had there is a heartbeat. Events: `state`, `end`,
/// `missed`, and at the end `bye`.
/// Thread rule: the control loop's thread.
class live_desk {
  public:
    struct sources {
        /// The gateway with so many of its nearest deadlines; nothing when a worker is silent.
        std::function<
            runtime::task<std::optional<gateway::snapshot>>(runtime::scope&, std::size_t live)>
            picture;
        std::function<std::optional<ledger::status>()> ledger;
        std::function<std::chrono::system_clock::time_point()> wall;
    };

    /// `ends` outlives it.
    live_desk(runtime::loop& control, notable_ends& ends, sources from);
    live_desk(const live_desk&) = delete;
    live_desk& operator=(const live_desk&) = delete;

    /// Answers `/-/events`, and `/-/requests.json`: what runs now, by the nearest deadline. Before
    /// the site begins; it ends before this.
    void join(admin_site& site);

    /// One more stream; null when there are `streams_max`.
    [[nodiscard]] std::shared_ptr<http::live_body> open();

    /// The state just now, without its history; nothing as above.
    [[nodiscard]] runtime::task<std::optional<admin::live_state>> state(runtime::scope& under);

    /// Ends the streams in order; waits until all have, for at most a second.
    [[nodiscard]] runtime::task<> close();

    static constexpr std::size_t streams_max = 32;
    static constexpr std::size_t calls_told = 50;
    static constexpr std::size_t ends_a_piece = 64;
    static constexpr duration pace = std::chrono::seconds{1};

  private:
    struct in_desk;
    class reader;

    [[nodiscard]] runtime::task<http::response> answer_events();
    [[nodiscard]] runtime::task<http::response> answer_requests();
    [[nodiscard]] runtime::task<> draw_while_read();
    [[nodiscard]] runtime::task<> tell_ends();
    void wake_readers() noexcept;
    void left() noexcept;

    sources from_;
    process::process_sampler sampler_;
    notable_ends& ends_;
    std::shared_ptr<const std::string> last_;  ///< the state, as an event
    std::uint64_t drawn_ = 0;                  ///< states so far
    std::uint64_t beats_ = 0;                  ///< times that none could be had
    std::size_t streams_ = 0;
    bool drawing_ = false;
    runtime::intrusive_list<reader, in_desk> readers_;
    runtime::baton empty_;
    runtime::scope scope_;
    runtime::task_group tasks_;
};

}  // namespace curfew::cli
