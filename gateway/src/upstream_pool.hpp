#pragma once

#include <curfew/gateway/balancer.hpp>
#include <curfew/gateway/idle_pool.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/protocol/http1_field.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/resolver.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace curfew::gateway {

/// Counts a request as in flight at its endpoint while it lives.
class loan {
  public:
    loan() noexcept = default;

    loan(balancer& loads, std::size_t endpoint) noexcept : loads_{&loads}, endpoint_{endpoint} {
        loads.started(endpoint);
    }

    loan(loan&& other) noexcept
        : loads_{std::exchange(other.loads_, nullptr)}, endpoint_{other.endpoint_} {}

    loan& operator=(loan&& other) noexcept {
        std::swap(loads_, other.loads_);
        std::swap(endpoint_, other.endpoint_);
        return *this;
    }

    ~loan() {
        if (loads_ != nullptr) {
            loads_->ended(endpoint_);
        }
    }

  private:
    balancer* loads_ = nullptr;
    std::size_t endpoint_ = 0;
};

/// A connection to one endpoint of an upstream, lent to one exchange at a time.
struct upstream_connection {
    std::unique_ptr<runtime::stream> stream;
    http::input_buffer input;
    std::size_t endpoint = 0;
    time_point opened{};
    bool reused = false;
    loan lent;
};

/// One upstream as one loop sees it: its endpoints and their idle connections.
/// Thread rule: the loop's thread.
class upstream_pool {
  public:
    upstream_pool(
        const policy::upstream_policy& rules, runtime::network& through, runtime::resolver& resolve
    );

    [[nodiscard]] const policy::upstream_policy& rules() const noexcept { return rules_; }

    [[nodiscard]] std::size_t endpoints() const noexcept { return endpoints_.size(); }

    /// "host:port", as a Host field says it.
    [[nodiscard]] std::string_view authority(std::size_t endpoint) const noexcept {
        return endpoints_[endpoint].authority;
    }

    /// Which endpoint a request should try: by the policy's balance, passing over those that just
    /// refused a connection, unless all did.
    [[nodiscard]] std::size_t pick(time_point now) noexcept { return loads_.pick(now); }

    /// The connection that was put back last and is still good.
    [[nodiscard]] std::optional<upstream_connection> take_idle(
        std::size_t endpoint, time_point now
    ) noexcept;

    /// Resolves the name, if it is one, and connects.
    [[nodiscard]] runtime::task<result<upstream_connection>> open(
        std::size_t endpoint, runtime::scope& under
    );

    /// Keeps it for the next request, within the policy's bounds. `fields` are the response's: they
    /// may say how long the upstream will wait.
    void put_idle(upstream_connection connection, const http1::field_list& fields, time_point now);

    /// Closes what is too old or was closed by the upstream.
    void sweep(time_point now) noexcept;

    /// Adds its endpoints' state to `out`, which has as many or none.
    void describe(std::vector<endpoint_snapshot>& out, time_point now) const;

  private:
    struct endpoint_state {
        explicit endpoint_state(const idle_pool_config& bounds) : idle{bounds} {}

        policy::http_url url;
        std::string authority;
        std::vector<runtime::endpoint> addresses;
        time_point resolved{};
        bool numeric = false;
        idle_pool<upstream_connection> idle;
    };

    [[nodiscard]] runtime::task<result<>> resolve(endpoint_state& of, runtime::scope& under);

    const policy::upstream_policy& rules_;
    runtime::network& through_;
    runtime::resolver& resolver_;
    std::vector<endpoint_state> endpoints_;
    balancer loads_;
};

}  // namespace curfew::gateway
