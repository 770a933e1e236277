#pragma once

#include <curfew/core/breaker.hpp>
#include <curfew/core/budget.hpp>
#include <curfew/core/bulkhead.hpp>
#include <curfew/core/cause.hpp>
#include <curfew/core/deadline.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/core/limiter.hpp>
#include <curfew/core/short_lock.hpp>
#include <curfew/core/wait_queue.hpp>
#include <curfew/gateway/permit.hpp>
#include <curfew/gateway/places.hpp>
#include <curfew/gateway/route_config.hpp>
#include <curfew/gateway/routes.hpp>
#include <curfew/gateway/snapshot.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace curfew::gateway {

struct admission_config {
    std::uint32_t in_flight = 1000;  ///< requests admitted and not over, over all upstreams
    bool observe = false;            ///< decide and count, refuse nothing
    std::size_t routes = 512;        ///< route indexes are below this
};

/// Whether an upstream can be asked at all, as its supervisor says.
enum class upstream_state : std::uint8_t {
    up,
    starting,  ///< not running, or not ready, for now: requests wait by their deadline
    stopped,   ///< not coming back by itself: requests are refused at once
};

/// A route that is held back from now on, because its request brought its upstream down.
struct held_back {
    std::string_view route{};  ///< lives as long as the admission; empty: none is
    duration length{};
};

/// Why a request was not let in: everything its refusal needs. `why.limit_name` is the policy key
/// of the guard that decided, where there is one, and `why.limit_value` how many it lets in now (of
/// `limiter` and `limiter.route_share`, which move: places at this upstream).
struct refused {
    errc code = errc::internal;
    cause why{};
    duration retry_after{};
};

/// It waits: its hook is called when that is over (see waiter).
struct queued {
    bool for_backend = false;  ///< which is not up; else for a place
};

/// Hears that somebody waits where nobody did: from now on tick() has work. Called on the thread of
/// the one who waits, under the admission's lock: it may only leave a message.
class waiting_listener {
  public:
    virtual ~waiting_listener() = default;
    virtual void waiting_begun() noexcept = 0;
};

namespace detail {
struct route_guards;
struct upstream_guards;
struct named_limit;
}  // namespace detail

class admission;
using entered = std::variant<refused, queued, permit>;

/// One request's place in a queue: lives in its caller's frame, is used for one wait at a time.
///
/// The wait is decided once, by the first of grant, refusal, deadline and cancel. `hook` is called
/// when somebody else decided it: on *their* thread, under the admission's lock. It may only leave
/// a message for the waiter's own loop, which then calls collect(). The destructor leaves the queue
/// and gives back what was granted and not collected.
class waiter : private wait_queue<detail::places>::waiter {
  public:
    using hook = void (*)(waiter& decided) noexcept;

    explicit waiter(hook decided) noexcept : base{&settled}, hook_{decided} {}

    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    ~waiter();

  private:
    friend class admission;
    using base = wait_queue<detail::places>::waiter;
    static void settled(base& decided) noexcept;

    hook hook_;
    admission* owner_ = nullptr;  ///< set while there is something to collect or to leave
    detail::route_guards* route_ = nullptr;
    refused why_{};
    std::string_view limit_name_;  ///< of the bound it waits under
    duration limit_{};
    bool collecting_ = false;
};

/// Who may go upstream now, who waits, who is refused: the one place where all guards of a gateway
/// stand together, in this order:
///
///     total cap -> the route's breaker -> the route's cap -> the upstream's adaptive limit, of
///     which one route may hold a share -> the route's queue, left by deadline
///
/// Rules:
///  - A hung route costs a healthy one little. Three requests without an answer for as long as the
///    route's p99 (at least 5 ms) and nobody else is sent until one answers, so that even a
///    backend of four workers keeps some; before a p99 is known, its share of the limit bounds it.
///    Requests that hang open its breaker, and who waits behind them counts with them; then it is
///    refused at once, its waiters too. Hung and abandoned work leaves half of the upstream's limit
///    to what lives.
///  - A freed place goes to a waiter before any newcomer: round robin over the routes that may
///    have one (breaker, cap, share), first come first served inside a route.
///  - Total cap: refuses, since what fills it (streams, many upstreams) does not free soon.
///    Breaker: refuses. Silence, cap, limit, share: wait, if the queue has room, unless the route's
///    share is held by work that hangs, is over its time, or was abandoned a second ago: then
///    `abandoned`.
///  - Who waits for its client for a second in all gives its adaptive place to others, as long as
///    no more than a quarter of the limit is given so.
///  - What hangs at an endpoint that others stand in for gives it likewise
///  (permit::blame_endpoint).
///  - An upstream that is starting: requests wait, whatever the breaker says (its failures were the
///    crash), unless their deadline comes before it can be up. When it is up again open breakers
///    may probe at once, and until the probes' verdict requests wait still: a good one lets them
///    in, a bad one refuses them.
///  - Routes whose requests seem to bring the upstream down (broken off at once at the end of two
///    of its lives in a row, within ten minutes each) send one request of all of them at a time, a
///    second for each. The one that was in when it went down again by itself has its breaker open
///    for a whole reset, whatever starts meanwhile.
///  - A deadline that has passed refuses; at the very instant of its deadline a waiter has expired;
///    a grant before that stands.
///  - Observing: every decision is made and counted as above, but the request is admitted. Only for
///    an upstream that starts it waits, as long as the queue has room.
///
/// Guards are kept by name and outlive a reload: reconfigure(), and add everything again. What is
/// not added again stays with what is in flight, and shows as retired.
///
/// Thread rule: enter, collect, cancel, tick and the permit's calls from any thread; one short lock
/// (a hundred instructions or so) over all. It is one lock and not one for each upstream because
/// the total cap ties them together, and at 10^6 requests a second it is held for a tenth of the
/// time. Nothing allocates after add_upstream/add_route. Permits and waiters must not outlive it.
class admission {
  public:
    explicit admission(const admission_config& config);
    ~admission();
    admission(const admission&) = delete;
    admission& operator=(const admission&) = delete;

    /// Adds an upstream, or gives the one of that name a new configuration. Returns its index.
    std::size_t add_upstream(std::string_view name, const limiter_config& config, time_point now);

    /// Says which guards a route index means: new ones, or the ones that (upstream, name) had
    /// before. Those that were there get the configuration once after each reconfigure(); what is
    /// said later changes nothing. Not an index that other guards have.
    void add_route(
        route_index route,
        std::string_view name,
        std::size_t upstream,
        const route_config& config,
        time_point now
    );

    /// Whether add_route was called for it. Lock-free.
    [[nodiscard]] bool has_route(route_index route) const noexcept;

    /// New totals (`routes` stays as it was). Keeps all guards, as they are until they are added
    /// again; what waits for room that this gives gets it by the next tick().
    void reconfigure(const admission_config& config);

    /// May a request of this route go upstream? `wait` must not be waiting. A refusal for want of
    /// time names the limit of `until`.
    [[nodiscard]] entered enter(
        route_index route, waiter& wait, const bound& until, time_point now
    ) noexcept;

    /// What the wait came to; to be called after the hook, and when the deadline's timer fires.
    /// `queued` while undecided. A decision is collected once.
    [[nodiscard]] entered collect(waiter& wait, time_point now) noexcept;

    /// The request has gone: leaves the queue, or gives back the grant. Never calls the hook.
    void cancel(waiter& wait, time_point now) noexcept;

    /// `retry_after`: when it may be up again, as far as known; told to those who are refused.
    /// A stopped one with nothing known (zero) is a crash loop. One that is up again: whose request
    /// brought the one before down, if that is known.
    held_back set_upstream(
        std::size_t upstream, upstream_state state, duration retry_after, time_point now
    ) noexcept;

    /// An upstream that is up has ended by itself, and not by what others did to it: a request may
    /// have brought it down. Comes before set_upstream says that it is not up any more.
    void upstream_crashed(std::size_t upstream, time_point now) noexcept;

    /// An upstream that took no connections takes them again. As when a supervised one is up again:
    /// open breakers may probe at once, and until the verdict requests wait.
    void upstream_recovered(std::size_t upstream, time_point now) noexcept;

    /// Refuses everybody from now on, waiters too (shutting_down). What is in flight goes on.
    void drain(time_point now) noexcept;

    /// Memory is short, or no longer: newcomers are refused meanwhile (memory_pressure), who waits
    /// and what is in flight goes on. An observing gateway counts them alone.
    void refuse_for_memory(bool is_short) noexcept;

    /// Gives waiters what time alone has freed (a breaker that may probe). About ten times a
    /// second is enough, and only while somebody waits.
    void tick(time_point now) noexcept;

    /// Who hears when that begins (null: nobody); outlives the admission or is taken off again.
    void set_listener(waiting_listener* hears) noexcept;

    /// Whether a request to this upstream hangs, or ran into its time-out and goes on.
    [[nodiscard]] bool has_hanging_work(std::size_t upstream) const noexcept;

    /// Whether nothing is in flight to this upstream, abandoned work and streams included.
    [[nodiscard]] bool is_idle(std::size_t upstream) const noexcept;

    /// Requests in flight and waiting, over all. Lock-free, for a drain that waits for the end.
    [[nodiscard]] std::uint32_t in_flight() const noexcept {
        return in_flight_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint32_t waiting() const noexcept {
        return waiting_.load(std::memory_order_relaxed);
    }

    /// Fills in totals, upstreams and routes (all but `numbers` and endpoints, which others know).
    /// Routes are in the order of their indexes, each at its index.
    /// The lock is taken for each upstream and route by itself, to copy a few numbers and allocate
    /// nothing: each is as it was at one moment, and no request waits longer for many routes than
    /// for one. Not beside add_upstream().
    void describe(snapshot& out, time_point now) const;

  private:
    friend class permit;
    friend class waiter;
    struct obstacle;
    using guards = detail::route_guards;
    using upstream_guards = detail::upstream_guards;

    enum class turn : std::uint8_t { newcomer, waiter };
    enum class served : std::uint8_t { one, none, nobody_else };

    // All of these need the lock.
    [[nodiscard]] std::expected<detail::places, obstacle> take_places(
        guards& route, turn whose, time_point now
    ) noexcept;
    [[nodiscard]] permit admit(guards& route, detail::places&& held) noexcept;
    [[nodiscard]] entered observe(
        guards& route, waiter& wait, const bound& until, time_point now
    ) noexcept;
    [[nodiscard]] detail::places observed_places(guards& route, time_point now) noexcept;
    [[nodiscard]] entered wait_for(
        guards& route,
        waiter& wait,
        const bound& until,
        time_point now,
        shed_reason for_want_of,
        const detail::named_limit& limit
    ) noexcept;
    [[nodiscard]] detail::named_limit limit_of(const guards& route, const obstacle& why)
        const noexcept;
    void count_in(guards& route, detail::places& held) noexcept;
    void count_out(guards& route, const detail::places& held) noexcept;
    [[nodiscard]] static bool is_trying(const upstream_guards& upstream, time_point now) noexcept;
    static void end_trial(upstream_guards& upstream, const detail::places& held) noexcept;
    [[nodiscard]] static bool is_evidence(guards& route, time_point began, time_point now) noexcept;
    void release(permit& ended, outcome result, cause_kind why, time_point now) noexcept;
    void give_back(guards& route, detail::places& held, time_point now) noexcept;
    void after_release(upstream_guards& upstream, time_point now) noexcept;
    void note_survival(const permit& ended, time_point now) noexcept;
    held_back judge(upstream_guards& upstream, time_point now) noexcept;
    held_back hold_back(guards& route, time_point now) noexcept;
    void hint_recovered(upstream_guards& upstream, time_point now) noexcept;
    [[nodiscard]] std::optional<refused> refuse_before_start(
        const guards& route, const bound& until, time_point now
    ) const noexcept;
    void serve_waiters(upstream_guards& upstream, time_point now) noexcept;
    [[nodiscard]] served serve_one(guards& route, time_point now) noexcept;
    void refuse_waiters(guards& route, const refused& why) noexcept;
    bool refuse_if_opened(guards& route, time_point now) noexcept;
    void refuse_if_jammed(guards& route, time_point now) noexcept;
    bool refuse_behind_hung(guards& route, time_point now) noexcept;

    void seen(time_point now) noexcept { now_ = std::max(now_, now); }

    mutable short_lock lock_;
    bulkhead total_;
    admission_config config_;
    std::uint32_t generation_ = 0;  ///< reconfigure() was called so often
    bool draining_ = false;
    bool short_of_memory_ = false;
    bool short_of_total_ = false;  ///< somebody waits for want of a place in the total
    std::atomic<std::uint32_t> in_flight_{0};
    std::atomic<std::uint32_t> waiting_{0};
    waiting_listener* listener_ = nullptr;
    time_point now_{};  ///< the latest time told; for permits that are destroyed
    std::vector<std::unique_ptr<upstream_guards>> upstreams_;
    std::vector<std::unique_ptr<guards>> all_routes_;
    const std::size_t routes_max_;  ///< read without the lock: a reload changes all else
    std::unique_ptr<std::atomic<guards*>[]> by_index_;
};

}  // namespace curfew::gateway
