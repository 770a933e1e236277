#pragma once

#include <curfew/core/wait_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

namespace curfew {

struct pool_config {
    std::uint32_t size = 5;        ///< connections that are kept; at least 1
    std::uint32_t overflow = 10;   ///< more under load: one that comes back unwanted is closed
    std::uint32_t waiting = 1000;  ///< the most who wait

    /// An older connection is made anew. Each has its own age, shorter by up to `jitter_percent`
    /// (0..100), so that those that were made together do not go together.
    duration recycle = std::chrono::hours{1};
    std::uint32_t jitter_percent = 10;

    /// A connection that nobody used for longer is checked before it is given out.
    duration check_after = std::chrono::milliseconds{500};

    friend bool operator==(const pool_config&, const pool_config&) noexcept = default;
};

[[nodiscard]] bool is_valid(const pool_config& config) noexcept;

/// What has to be done with a place before its connection can be used.
enum class pool_task : std::uint8_t {
    use,    ///< nothing: it was in use a moment ago
    check,  ///< ask it whether it is alive; if not, `renew`
    renew,  ///< it is too old: close it and open another
    open,   ///< there is none yet: open one
};

enum class pool_refusal : std::uint8_t {
    queue_full,    ///< as many wait as may
    no_time_left,  ///< the deadline has passed already
    closed,
};

struct pool_status {
    std::uint32_t taken = 0;      ///< places with a connection, or with one being opened or ended
    std::uint32_t idle = 0;       ///< of them, ready to be given out
    std::uint32_t abandoned = 0;  ///< of them, given up on and not over yet
    std::uint32_t places = 0;     ///< size and overflow
    std::uint32_t waiting = 0;
    duration longest_wait{};  ///< of who waits longest

    friend bool operator==(const pool_status&, const pool_status&) noexcept = default;
};

/// Decides who gets which connection when: the pool without its connections, which stand beside it
/// in an array of `places()`, numbered as its permits are. It opens, checks and closes nothing.
///
/// Rules:
///  1. Never more than `size + overflow` places are taken. What was given up on keeps its place
///     until it is really over (`abandon`).
///  2. First come, first served: a place that comes back goes straight to who waits longest, and
///     nobody who comes later passes by. Idle ones are given out last in, first out, so that a pool
///     that is too large for its load grows idle, then old, then small.
///  3. A wait is decided once (wait_queue): at the very instant of its deadline it has expired. A
///     permit is returned exactly once, in whatever order grant, expiry and departure come.
///  4. After `suspect`, whatever was not used since is checked first: where one connection broke,
///     the others may have.
///
/// Nothing allocates after construction, and nothing throws. Times never go back by more than what
/// two threads read at once. (Sizes and overflow as in SQLAlchemy's QueuePool; the moment in which
/// use is proof enough as in HikariCP.)
/// Thread rule: one thread at a time. Permits and waiters must not outlive their pool.
class pool {
  public:
    /// One place. Destroyed unreturned it goes back as it was given: a permit that was granted and
    /// never taken. (If nobody wants it any more, what stands there is closed by who next opens one
    /// in this place, or at the end.) Who has used the connection says `keep` or `discard`. 24
    /// bytes.
    class permit {
      public:
        permit() noexcept = default;

        permit(permit&& other) noexcept
            : owner_{std::exchange(other.owner_, nullptr)},
              generation_{other.generation_},
              slot_{other.slot_},
              task_{other.task_} {}

        permit& operator=(permit&& other) noexcept;

        ~permit() {
            if (owner_ != nullptr) owner_->give_back(*this);
        }

        [[nodiscard]] bool held() const noexcept { return owner_ != nullptr; }

        [[nodiscard]] std::uint32_t slot() const noexcept { return slot_; }

        [[nodiscard]] pool_task task() const noexcept { return task_; }

        /// Tells one use of the place from the next.
        [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

        /// A connection was made in this place: its age counts from `now`.
        void opened(time_point now) noexcept;

        /// Returns the place with a connection that is fit for use. False: close the connection,
        /// the place is free and nobody wants it (it was one too many, too old, or the pool
        /// closes).
        [[nodiscard]] bool keep(time_point now) noexcept;

        /// Returns the place: its connection is closed, or there never was one.
        void discard(time_point now) noexcept;

        /// The connection is busy with what was given up on. The second time nothing happens.
        void abandon() noexcept;

      private:
        friend class pool;

        permit(pool& owner, std::uint32_t slot, std::uint64_t generation, pool_task task) noexcept
            : owner_{&owner}, generation_{generation}, slot_{slot}, task_{task} {}

        pool* owner_ = nullptr;
        std::uint64_t generation_ = 0;
        std::uint32_t slot_ = 0;
        pool_task task_ = pool_task::open;
    };

    using waiter = wait_queue<permit>::waiter;

    /// `config` must be valid. `seed` is that of the ages.
    explicit pool(const pool_config& config, std::uint64_t seed = 0);

    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    /// A permit at once, or nothing: then `one` waits, and is settled later.
    [[nodiscard]] std::expected<std::optional<permit>, pool_refusal> acquire(
        waiter& one, deadline until, time_point now
    ) noexcept;

    /// Only what is idle within `size`, for who keeps the pool warm: a permit to open one more.
    [[nodiscard]] std::optional<permit> acquire_to_warm(time_point now) noexcept;

    /// An idle connection that has to be closed, because of its age or because the pool closes; its
    /// place is free already. Ask until there is none.
    [[nodiscard]] std::optional<std::uint32_t> retire(time_point now) noexcept;

    /// When `retire` has something to do by age.
    [[nodiscard]] deadline next_retirement() const noexcept;

    /// A connection was found broken at `now`.
    void suspect(time_point now) noexcept { suspected_ = now; }

    /// Settles everybody who waits as cancelled: what they wait for will not come.
    void dismiss() noexcept { waiting_.close(); }

    /// Refuses from now on, dismisses who waits. What is out comes back to be closed.
    void close() noexcept;

    [[nodiscard]] bool closed() const noexcept { return closed_; }

    [[nodiscard]] std::size_t places() const noexcept { return slots_.size(); }

    [[nodiscard]] pool_status status(time_point now) const noexcept;

    [[nodiscard]] const pool_config& config() const noexcept { return config_; }

  private:
    static constexpr std::uint32_t nowhere = 0xffff'ffff;

    enum class place : std::uint8_t { empty, idle, out, abandoned };

    struct seat {
        std::uint64_t generation = 0;
        time_point used{};             // it was last known to be alive
        time_point recycle_at{};       // from its birth on
        std::uint32_t next = nowhere;  // of the list it is in: idle, or empty
        place is = place::empty;
        bool open = false;  // has a connection
    };

    [[nodiscard]] pool_task task_of(const seat& one, time_point now) const noexcept;
    [[nodiscard]] std::uint32_t pop(std::uint32_t& list) noexcept;
    void push(std::uint32_t& list, std::uint32_t index) noexcept;
    [[nodiscard]] permit give(std::uint32_t index, pool_task task) noexcept;
    [[nodiscard]] seat& own(const permit& returned) noexcept;
    [[nodiscard]] bool hand_over(std::uint32_t index, pool_task task, time_point now) noexcept;
    void vacate(std::uint32_t index, time_point now) noexcept;
    void rest(std::uint32_t index) noexcept;
    void count_return(seat& returned) noexcept;
    void give_back(permit& unused) noexcept;
    [[nodiscard]] duration age() noexcept;

    pool_config config_;
    std::vector<seat> slots_;
    wait_queue<permit> waiting_;
    std::uint64_t random_;
    time_point latest_ = time_point::min();
    time_point suspected_ = time_point::min();
    std::uint32_t idle_ = nowhere;
    std::uint32_t empty_ = nowhere;
    std::uint32_t idle_count_ = 0;
    std::uint32_t taken_ = 0;
    std::uint32_t abandoned_ = 0;
    bool closed_ = false;
};

}  // namespace curfew
