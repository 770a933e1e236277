#pragma once

#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/poller.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

namespace curfew::sim {

class simulated_stream;
class simulated_listener;

/// How the network behaves on the way to one port.
struct link {
    duration latency{};           ///< one way, for connects and for bytes
    std::size_t window = 65'536;  ///< bytes in flight before a writer would block
    bool black_hole = false;      ///< connects are never answered, bytes vanish
};

/// A simulated outside: a clock that jumps to the next event whenever nothing is ready, and a
/// network in memory. Events at one time happen in the order in which they were made, so a run is a
/// pure function of its inputs. Nothing here waits or touches the kernel.
///
/// One world serves one loop; all hosts of a scenario run as coroutines on it.
/// Thread rule: one thread (wake() included).
class world final : public runtime::poller, public runtime::network {
  public:
    world();
    ~world() override;

    /// Turns `on` until `done` holds. False when nothing can ever happen any more while `done` does
    /// not hold: everyone waits for someone (a deadlock), or after `turns_max` turns.
    [[nodiscard]] bool run(runtime::loop& on, const std::function<bool()>& done);

    /// The network's behaviour towards `port`, from now on.
    void set_link(std::uint16_t port, const link& behaviour) { links_[port] = behaviour; }

    /// Every connection to `port` is reset, now.
    void reset_connections(std::uint16_t port);

    /// Ends of connections that exist now: what a leak test counts.
    [[nodiscard]] std::size_t open_streams() const noexcept { return streams_.size(); }

    /// How often a stream was told to acknowledge at once.
    [[nodiscard]] std::size_t acknowledgements() const noexcept { return acknowledgements_; }

    [[nodiscard]] time_point now() noexcept override { return clock_.now(); }

    void wait(deadline until) noexcept override;

    void wake() noexcept override {}

    [[nodiscard]] result<> watch(int descriptor, runtime::readiness& ready) noexcept override;
    void unwatch(int descriptor) noexcept override;

    [[nodiscard]] result<std::unique_ptr<runtime::listener>> listen(
        const runtime::endpoint& at, bool shared
    ) noexcept override;
    [[nodiscard]] result<std::unique_ptr<runtime::stream>> begin_connect(const runtime::endpoint& to
    ) noexcept override;

    static constexpr int turns_max = 1'000'000;

  private:
    friend class simulated_stream;
    std::size_t acknowledgements_ = 0;
    friend class simulated_listener;

    struct happening {
        time_point at;
        std::uint64_t number;
        std::function<void()> action;

        friend bool operator>(const happening& a, const happening& b) noexcept {
            return std::pair{a.at, a.number} > std::pair{b.at, b.number};
        }
    };

    void later(duration by, std::function<void()> action);
    [[nodiscard]] const link& link_to(std::uint16_t port);

    manual_clock clock_;
    std::priority_queue<happening, std::vector<happening>, std::greater<>> happenings_;
    std::uint64_t made_ = 0;
    bool stalled_ = false;
    std::map<std::uint16_t, link> links_;
    std::map<std::uint16_t, simulated_listener*> listeners_;
    std::map<std::uint64_t, simulated_stream*> streams_;
    std::uint16_t next_port_ = 40'000;
};

}  // namespace curfew::sim
