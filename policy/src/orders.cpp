#include "orders.hpp"

#include <curfew/core/expects.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace curfew::policy {

namespace {

constexpr std::array table{
    order{"request.slow", "request.timeout"},
    order{"request.slow", "breaker.probe_lease", false, "request.timeout"},
    order{"request.timeout", "breaker.probe_lease", true},
    order{"request.adaptive_floor", "request.timeout", true},
    order{"request.adaptive_floor", "breaker.probe_lease", true, "request.timeout"},
    order{"request.body_idle", "request.stream_idle", true},
    order{"http.target_bytes", "http.header_bytes"},
    order{"limiter.floor", "limiter.initial", true},
    order{"limiter.floor", "limiter.ceiling", true, "limiter.initial"},
    order{"limiter.initial", "limiter.ceiling", true},
    order{"upstream.*.connect_timeout", "request.timeout"},
    order{"upstream.*.connect_timeout", "breaker.probe_lease", false, "request.timeout"},
    order{"upstream.*.idle_timeout", "upstream.*.max_age", true},
    order{"route.*.body_idle", "request.stream_idle", true},
    order{"route.*.in_flight", "gateway.in_flight", true},
    order{"backend.live_timeout", "backend.live_interval"},
    order{"backend.live_timeout", "backend.ready_timeout", true},
    order{"backend.backoff_min", "backend.backoff_max", true},
    order{"database.connection", "database.initialization"},
    order{"database.acquire", "database.initialization", true},
    order{"database.query", "database.transaction", true},
    order{"database.idle", "database.transaction", true},
};

constexpr std::array route_table{
    order{"route.*.timeout", "route.*.breaker.probe_lease", true},
    order{"route.*.adaptive_floor", "route.*.timeout", true},
    order{"route.*.adaptive_floor", "route.*.breaker.probe_lease", true, "route.*.timeout"},
};

struct bounds {
    std::int64_t low = 0;
    std::int64_t high = INT64_MAX;
};

std::int64_t number_at(const slot& place) {
    if (const auto* time = std::get_if<duration*>(&place)) return (*time)->count();
    if (const auto* size = std::get_if<std::uint64_t*>(&place)) {
        return static_cast<std::int64_t>(**size);
    }
    const auto* count = std::get_if<std::uint32_t*>(&place);
    expects(count != nullptr, "only durations, sizes and counts are ordered");
    return **count;
}

void set_number(const slot& place, std::int64_t value) {
    if (const auto* time = std::get_if<duration*>(&place)) {
        **time = duration{value};
    } else if (const auto* size = std::get_if<std::uint64_t*>(&place)) {
        **size = static_cast<std::uint64_t>(value);
    } else {
        *std::get<std::uint32_t*>(place) = static_cast<std::uint32_t>(value);
    }
}

bounds range_of(std::string_view path) {
    const auto resolved = resolve(path);
    expects(resolved.has_value(), "an order is between keys");
    const auto& allowed = resolved->which->allowed;
    if (const auto* times = std::get_if<between<duration>>(&allowed)) {
        return {times->low.count(), times->high.count()};
    }
    if (const auto* sizes = std::get_if<between<std::uint64_t>>(&allowed)) {
        return {static_cast<std::int64_t>(sizes->low), static_cast<std::int64_t>(sizes->high)};
    }
    const auto& counts = std::get<between<std::uint32_t>>(allowed);
    return {counts.low, counts.high};
}

/// A limit that was set, as one that a default has to give way to sees it.
struct neighbour {
    std::string path;
    std::int64_t value = 0;
    bool may_be_equal = false;
};

/// The nearest limits that were set within a default and around it.
struct surroundings {
    std::optional<neighbour> inner;
    std::optional<neighbour> outer;
};

/// Of equal ones the stricter is nearer.
void take_nearer(std::optional<neighbour>& kept, neighbour met, bool larger_is_nearer) {
    const auto nearer = [&](std::int64_t a, std::int64_t b) {
        return larger_is_nearer ? a > b : a < b;
    };
    const bool replaces = !kept || nearer(met.value, kept->value) ||
                          (met.value == kept->value && kept->may_be_equal && !met.may_be_equal);
    if (replaces) kept = std::move(met);
}

bool within(std::int64_t inner, std::int64_t outer, bool may_be_equal) {
    return inner < outer || (may_be_equal && inner == outer);
}

/// Where a default goes, and what it gives way to; nothing where it may stay.
std::optional<std::pair<std::int64_t, std::string>> way_out(
    std::int64_t value, const surroundings& set
) {
    const auto& [inner, outer] = set;
    if (inner && !within(inner->value, value, inner->may_be_equal)) {
        const auto grown = inner->may_be_equal ? inner->value : inner->value * 2;
        if (!outer || within(grown, outer->value, outer->may_be_equal)) {
            return std::pair{grown, inner->path};
        }
        return std::pair{inner->value + (outer->value - inner->value + 1) / 2, inner->path};
    }
    if (outer && !within(value, outer->value, outer->may_be_equal)) {
        const auto shrunk = outer->may_be_equal ? outer->value : outer->value / 2;
        if (!inner || within(inner->value, shrunk, inner->may_be_equal)) {
            return std::pair{shrunk, outer->path};
        }
        return std::pair{inner->value + (outer->value - inner->value) / 2, outer->path};
    }
    return std::nullopt;
}

void give_way(building& of, const std::string& path, const surroundings& set) {
    const auto place = of.place(path);
    const auto target = way_out(number_at(place), set);
    if (!target) return;
    const auto allowed = range_of(path);
    set_number(place, std::clamp(target->first, allowed.low, allowed.high));
    of.derive(path, "gave way to " + target->second);
}

/// The pairs that a row stands for in this policy.
class pairs {
  public:
    explicit pairs(building& of) : of_{of} {}

    void add(const order& row) {
        if (of_.is_set(row.between)) return;
        const auto* kind = kind_of(row.inner);
        if (kind == nullptr) {
            return add_pair(std::string{row.inner}, std::string{row.outer}, row.may_be_equal);
        }
        for (const auto name : record_names(of_.made, *kind)) {
            add_named(row, name);
        }
    }

    void settle() {
        if (contradiction_) return;
        for (const auto& [path, set] : unset_) {
            give_way(of_, path, set);
        }
    }

  private:
    void add_named(const order& row, std::string_view name) {
        const auto concrete = [&](std::string_view path) {
            return concrete_path(*find_key(path), name);
        };
        add_pair(concrete(row.inner), concrete(row.outer), row.may_be_equal);
    }

    void add_pair(std::string inner, std::string outer, bool may_be_equal) {
        const bool inner_set = of_.is_set(inner);
        const bool outer_set = of_.is_set(outer);
        if (inner_set && outer_set) {
            const auto low = number_at(of_.place(inner));
            if (within(low, number_at(of_.place(outer)), may_be_equal)) return;
            contradiction_ = true;
            check_order(of_, {inner, outer, may_be_equal});
        } else if (inner_set) {
            const auto value = number_at(of_.place(inner));
            take_nearer(unset_[outer].inner, {std::move(inner), value, may_be_equal}, true);
        } else if (outer_set && !inherits_later(inner)) {
            const auto value = number_at(of_.place(outer));
            take_nearer(unset_[inner].outer, {std::move(outer), value, may_be_equal}, false);
        }
    }

    /// What a route does not set follows the key it inherits from, which has a row of its own.
    [[nodiscard]] bool inherits_later(std::string_view path) const {
        const auto found = of_.origins.said.find(path);
        const auto resolved = resolve(path);
        return !resolved->which->inherits.empty() && found == of_.origins.said.end();
    }

    building& of_;
    std::map<std::string, surroundings, std::less<>> unset_;
    bool contradiction_ = false;
};

std::string unquoted(std::string text) {
    std::erase(text, '"');
    return text;
}

}  // namespace

std::span<const order> orders() noexcept {
    return table;
}

std::span<const order> route_orders() noexcept {
    return route_table;
}

void settle(building& of) {
    pairs all{of};
    for (const auto& row : table) {
        all.add(row);
    }
    all.settle();
}

void settle_routes(building& of) {
    pairs all{of};
    for (const auto& row : route_table) {
        all.add(row);
    }
    all.settle();
}

std::string with_value(building& of, std::string_view path) {
    return '`' + std::string{path} + "` (" + unquoted(print(of.place(path))) + ')';
}

void check_order(building& of, const order& rule) {
    if (!of.is_set(rule.inner) || !of.is_set(rule.outer)) return;
    const auto inner = of.place(rule.inner);
    if (within(number_at(inner), number_at(of.place(rule.outer)), rule.may_be_equal)) return;
    const bool is_time = std::holds_alternative<duration*>(inner);
    const auto least = std::string{is_time ? "shorter" : "less"} + " than ";
    const auto most = std::string{is_time ? "no longer" : "no more"} + " than ";
    of.wrong().add(
        of.setter(rule.inner),
        with_value(of, rule.inner) + " must be " + (rule.may_be_equal ? most : least) +
            with_value(of, rule.outer),
        '`' + std::string{rule.outer} + "` is set at " + of.wrong().describe(of.setter(rule.outer))
    );
}

}  // namespace curfew::policy
