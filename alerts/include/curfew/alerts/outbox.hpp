#pragma once

#include <curfew/alerts/notice.hpp>
#include <curfew/alerts/sink.hpp>
#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/task_group.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace curfew::alerts {

/// What waits for one sink, and the task that hands it over: what gathers while a notice is on its
/// way goes with the next, together. Bounded by `waiting_max`: what is beyond is dropped, counted
/// and told of in the next notice (`left_out`).
/// Thread rule: the loop's thread.
class outbox {
  public:
    static constexpr std::size_t waiting_max = 256;

    struct numbers {
        std::uint64_t sent = 0;     ///< notices
        std::uint64_t failed = 0;   ///< notices, lost
        std::uint64_t dropped = 0;  ///< changes that did not fit
        std::size_t waiting = 0;    ///< changes
        bool failing = false;       ///< the last one was not taken
        std::string said;           ///< of the last one
    };

    /// Hears what came of each notice. `news`: whether it went well other than the one before.
    using listener = std::function<
        void(std::string_view sink, const notice& what, const delivery& how, bool news)>;

    /// `ids` begins the id of each notice; `wall` is for display.
    outbox(
        runtime::loop& on,
        std::string name,
        std::unique_ptr<sink> to,
        std::string ids,
        std::function<wall_time()> wall,
        listener tell
    );
    outbox(const outbox&) = delete;
    outbox& operator=(const outbox&) = delete;

    void put(const change& what);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] numbers state() const;

    /// Takes nothing more, and sends what waits.
    void retire() noexcept;

    /// Whether nothing runs any more, after `retire` or `close`: then it may be destroyed.
    [[nodiscard]] bool over() const noexcept { return tasks_.running() == 0; }

    /// Retires it, and until `last` ends goes on sending what waits; then breaks off what is on its
    /// way. What is lost by that is told as a failure. Comes before it is destroyed.
    [[nodiscard]] runtime::task<> close(runtime::scope& last);

  private:
    [[nodiscard]] runtime::task<> run();
    [[nodiscard]] notice next();
    void note(const notice& what, const delivery& how, bool news);
    void give_up();

    std::string name_;
    std::unique_ptr<sink> to_;
    std::string ids_;
    std::function<wall_time()> wall_;
    listener tell_;
    std::deque<change> waiting_;
    std::size_t left_out_ = 0;
    bool retired_ = false;
    std::uint64_t number_ = 0;
    numbers told_{};
    runtime::baton came_;
    runtime::scope scope_;
    runtime::task_group tasks_;
};

}  // namespace curfew::alerts
