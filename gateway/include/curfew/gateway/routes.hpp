#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/protocol/http1_message.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::gateway {

/// The methods a rule serves; none means all. Methods the parser does not know are one: `other`.
class method_set {
  public:
    constexpr method_set() noexcept = default;

    constexpr method_set& add(http1::method_id which) noexcept {
        bits_ = static_cast<std::uint16_t>(bits_ | bit(which));
        return *this;
    }

    [[nodiscard]] constexpr bool all() const noexcept { return bits_ == 0; }

    [[nodiscard]] constexpr bool serves(http1::method_id which) const noexcept {
        return all() || (bits_ & bit(which)) != 0;
    }

    friend bool operator==(method_set, method_set) noexcept = default;

  private:
    static constexpr unsigned bit(http1::method_id which) noexcept {
        return 1U << static_cast<unsigned>(which);
    }

    std::uint16_t bits_ = 0;
};

/// Which requests belong together: one rule of the policy, or the single derived rule of a gateway
/// that was given none.
struct route_rule {
    std::string name;          ///< empty: made from methods, host and prefix
    std::string host;          ///< "api.example.org", "*.example.org"; empty: any
    std::string prefix = "/";  ///< matches on segment borders: "/a" serves /a and /a/b, not /ab
    method_set methods;
    bool derive = false;  ///< split what matches: one route for each method and first segments

    friend bool operator==(const route_rule&, const route_rule&) = default;
};

struct route_options {
    std::size_t routes_max = 256;  ///< derived routes; what comes later is `other`. 1 to 4096
    std::size_t segments = 2;      ///< path segments that tell derived routes apart. 1 to 4
};

using route_index = std::uint16_t;

struct route_match {
    route_index route = 0;
    bool provisional = false;  ///< in `other`, but may become its own: see learn()
};

/// Maps requests to routes. An index, once given, keeps its meaning as long as the table lives. The
/// first indexes are the rules', in their order; that of a derived rule is its `other`.
///
/// Rules: the most specific one wins. An exact host beats a suffix, a longer suffix beats a
/// shorter one, both beat "any"; then the longer prefix; then a rule that names methods; then the
/// order of the policy. Hosts compare without case, port and final dot. A path with dot segments
/// (also percent-encoded ones) could mean another resource to the upstream than to us, so it is
/// served by rules with the prefix "/" alone. Everything from `?` on is ignored.
///
/// Derived routes: "GET /users/{id}". Segments that look like identifiers become `{id}`: numbers,
/// dates, UUIDs, hexadecimal of 8 and more with a digit in it, unbroken tokens of 16 and more with
/// a digit (10 and more with two digits when they mix cases), words with a number of three digits
/// behind a separator (`order-4711`), what is percent-encoded, over 64 bytes long or holds bytes
/// other than letters, digits and `.-_~`. "v1", "oauth2" and "password-reset-v2" stay. Segments are
/// counted behind the rule's prefix.
///
/// Hostile paths: half of `routes_max` is given to whoever comes first; the other half only to
/// paths that proved real, by an answer other than 404 (learn()). So a scanner cannot push every
/// real route into `other`, and nothing grows. Each derived rule has its own `other`.
///
/// Thread rule: find() and learn() from any thread; a known route costs no lock and no allocation
/// (an open-addressed table of atomic indexes into entries that never move; an entry is written
/// before its index is published, release/acquire). A new route takes one lock, at most
/// `routes_max` times in the life of the table.
class route_table {
  public:
    explicit route_table(std::vector<route_rule> rules, route_options options = {});

    /// misdirected: no rule serves this host; not_found: none of that host's serves this request.
    [[nodiscard]] result<route_match> find(
        http1::method_id method, std::string_view host, std::string_view target
    ) noexcept;

    /// The upstream knows this request's path: gives it a route of its own if one is left. To be
    /// called for a provisional match when its answer is neither 404 nor 405.
    void learn(http1::method_id method, std::string_view host, std::string_view target) noexcept;

    /// Routes so far; indexes below are valid.
    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_acquire);
    }

    /// No more than this many routes will ever be.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    [[nodiscard]] std::string_view name(route_index route) const noexcept;
    /// Position of its rule in the vector the table was made from.
    [[nodiscard]] std::size_t rule(route_index route) const noexcept;

  private:
    static constexpr std::size_t segment_bytes = 64;
    static constexpr std::size_t key_bytes = 8 + 4 * (segment_bytes + 1);

    struct key {
        std::array<char, key_bytes> bytes;  ///< not initialised: hot path
        std::size_t size = 0;
        std::uint64_t hash = 0;
        void append(std::string_view text) noexcept;

        [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }
    };

    struct entry {
        std::uint64_t hash = 0;
        std::uint32_t rule = 0;
        std::string key;
        std::string name;
    };

    struct prepared {
        route_rule rule;
        std::uint32_t position = 0;  ///< in the policy's order
        route_index route = 0;       ///< its route, or its `other`
    };

    [[nodiscard]] result<const prepared*> match(
        http1::method_id method, std::string_view host, std::string_view path
    ) const noexcept;
    [[nodiscard]] key fold(http1::method_id method, std::string_view path, const prepared& rule)
        const noexcept;
    /// Index of a known derived route, or -1.
    [[nodiscard]] int known(const key& wanted, std::uint32_t rule) const noexcept;
    int insert(const key& wanted, const prepared& rule, std::size_t allowed) noexcept;
    route_index append(entry added);

    std::vector<prepared> rules_;  ///< most specific first
    route_options options_;
    std::size_t capacity_ = 0;
    std::size_t fixed_ = 0;  ///< routes made at the start: rules and their `other`s
    std::unique_ptr<entry[]> entries_;
    std::unique_ptr<std::atomic<std::uint16_t>[]> slots_;  ///< index + 1; 0: empty
    std::size_t mask_ = 0;
    std::atomic<std::size_t> size_{0};
    std::mutex growing_;
};

/// Whether a path segment looks like an identifier (see route_table).
[[nodiscard]] bool is_identifier(std::string_view segment) noexcept;

}  // namespace curfew::gateway
