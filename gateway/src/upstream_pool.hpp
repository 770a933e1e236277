#pragma once

#include "loan.hpp"
#include <curfew/gateway/balancer.hpp>
#include <curfew/gateway/idle_pool.hpp>
#include <curfew/gateway/idle_release.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/protocol/http1_field.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/task_group.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace curfew::gateway {

/// The policy's key of the limit on a name lookup and a connect together.
inline constexpr std::string_view connect_limit_name = "upstream.connect_timeout";

class first_answer;

/// A connection to one endpoint of an upstream, lent to one exchange at a time.
struct upstream_connection {
    std::unique_ptr<runtime::stream> stream;
    http::input_buffer input;
    std::size_t endpoint = 0;
    time_point opened{};
    bool reused = false;
    loan lent;
    std::unique_ptr<first_answer> waits;  ///< a fresh one, for the answer to its first request

    upstream_connection() noexcept;
    upstream_connection(upstream_connection&& other) noexcept;
    upstream_connection& operator=(upstream_connection&& other) noexcept;
    ~upstream_connection();

    /// The head of an answer is here.
    void answered(time_point now) noexcept {
        if (waits) {
            tell_answered(now);
        }
    }

  private:
    void tell_answered(time_point now) noexcept;
};

/// One upstream as one loop sees it: its endpoints and their idle connections.
/// Thread rule: the loop's thread.
class upstream_pool : public std::enable_shared_from_this<upstream_pool> {
  public:
    /// Names are looked up again and endpoints tried again in `background`, under
    /// `background_scope`; both outlive the pool's use, and who works there keeps the pool.
    upstream_pool(
        const policy::upstream_policy& rules,
        idle_release& idle,
        runtime::network& through,
        runtime::resolver& resolve,
        runtime::task_group& background,
        runtime::scope& background_scope
    );

    [[nodiscard]] const policy::upstream_policy& rules() const noexcept { return rules_; }

    [[nodiscard]] std::size_t endpoints() const noexcept { return endpoints_.size(); }

    /// "host:port", as a Host field says it.
    [[nodiscard]] std::string_view authority(std::size_t endpoint) const noexcept {
        return endpoints_[endpoint].authority;
    }

    /// Which endpoint a request should try, by the policy's balance; see the balancer. Who does not
    /// get a connection to it says so.
    [[nodiscard]] std::size_t pick(time_point now, bool harmless) noexcept {
        return loads_.pick(now, harmless);
    }

    void not_sent(std::size_t endpoint) noexcept { loads_.not_sent(endpoint); }

    /// The connection that was put back last and is still good.
    [[nodiscard]] std::optional<upstream_connection> take_idle(
        std::size_t endpoint, time_point now
    ) noexcept;

    /// Resolves the name, if it is one, and connects. An endpoint that this fails at is tried again
    /// in the background, as the balancer's rests say, until it takes connections again.
    [[nodiscard]] runtime::task<result<upstream_connection>> open(
        std::size_t endpoint, runtime::scope& under
    );

    /// A request that needs nothing more from its client is being sent on it: if it is fresh, its
    /// answer is waited for, to find out what the idle ones do to it (see pin_trial).
    void expect_answer(upstream_connection& on);

    /// Keeps it for the next request, within the policy's bounds. `fields` are the response's: they
    /// may say how long the upstream will wait.
    void put_idle(upstream_connection connection, const keep_alive_terms& terms, time_point now);

    /// When the next idle connection grows too old; nothing while there is none.
    [[nodiscard]] std::optional<time_point> next_end() const noexcept;

    /// Closes what is too old or was closed by the upstream.
    void sweep(time_point now) noexcept;

    /// Closes all idle connections, if the workers were asked to since the last time.
    void let_go_if_asked(time_point now) noexcept;

    /// No new edition uses it: closes what is idle, now and later. It lives for as long as requests
    /// that began before use it.
    void retire() noexcept;

    /// Adds its endpoints' state to `out`, which has as many or none.
    void describe(std::vector<endpoint_snapshot>& out) const;

    /// Called when an endpoint takes connections again where none did.
    std::function<void(time_point now)> on_recovery;

  private:
    struct endpoint_state {
        explicit endpoint_state(const idle_pool_config& bounds) : idle{bounds} {}

        policy::http_url url;
        std::string authority;
        std::vector<runtime::endpoint> addresses;
        time_point look_up_at{};
        bool looking_up = false;
        bool being_tried = false;  ///< in the background, until it takes connections
        bool numeric = false;
        idle_pool<upstream_connection> idle;
    };

    [[nodiscard]] runtime::task<result<>> resolve(endpoint_state& of, runtime::scope& under);
    [[nodiscard]] static runtime::task<> look_up_again(
        std::shared_ptr<upstream_pool> self, endpoint_state& of
    );
    [[nodiscard]] static runtime::task<> try_again(
        std::shared_ptr<upstream_pool> self, std::size_t endpoint
    );
    void close_idle(time_point now) noexcept;
    void connected(std::size_t endpoint, time_point now);
    void connect_failed(std::size_t endpoint, time_point now);

    friend class first_answer;
    [[nodiscard]] std::size_t idle() const noexcept;

    const policy::upstream_policy rules_;
    bool retired_ = false;
    idle_release& agreed_;
    std::uint32_t round_ = 0;
    runtime::network& through_;
    runtime::resolver& resolver_;
    runtime::task_group& background_;
    runtime::scope& background_scope_;
    std::vector<endpoint_state> endpoints_;
    balancer loads_;
};

}  // namespace curfew::gateway
