#include "orders.hpp"

#include "loaded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;

/// What is set, by concrete path.
using settings = std::map<std::string, std::int64_t>;

std::string concrete(std::string_view pattern) {
    const auto* which = find_key(pattern);
    return concrete_path(*which, which->of_upstream() ? "main" : "/x");
}

struct limits {
    std::int64_t low;
    std::int64_t high;
};

limits range_of(const std::string& path) {
    const auto& allowed = resolve(path)->which->allowed;
    if (const auto* times = std::get_if<between<duration>>(&allowed)) {
        return {times->low.count(), times->high.count()};
    }
    if (const auto* sizes = std::get_if<between<std::uint64_t>>(&allowed)) {
        return {static_cast<std::int64_t>(sizes->low), static_cast<std::int64_t>(sizes->high)};
    }
    const auto& counts = std::get<between<std::uint32_t>>(allowed);
    return {counts.low, counts.high};
}

std::string text_of(const std::string& path, std::int64_t value, bool quoted) {
    const auto& allowed = resolve(path)->which->allowed;
    std::string text;
    if (std::holds_alternative<between<duration>>(allowed)) {
        text = print_bound(duration{value});
    } else if (std::holds_alternative<between<std::uint64_t>>(allowed)) {
        text = print_bound(static_cast<std::uint64_t>(value));
    } else {
        return std::to_string(value);
    }
    return quoted ? '"' + text + '"' : text;
}

std::int64_t number_in(const policy& of, const std::string& path) {
    const auto place = place_in(of, *resolve(path));
    if (const auto* time = std::get_if<duration*>(&*place)) return (*time)->count();
    if (const auto* size = std::get_if<std::uint64_t*>(&*place)) {
        return static_cast<std::int64_t>(**size);
    }
    return *std::get<std::uint32_t*>(*place);
}

std::string file_of(const settings& set, const std::string& prefix) {
    std::string upstream = "[" + prefix + "upstream.main]\nurls = [\"http://127.0.0.1:1\"]\n";
    std::string route = "[[" + prefix + "route]]\nname = \"/x\"\npath = \"/x\"\n";
    std::map<std::string, std::string> others;
    for (const auto& [path, value] : set) {
        const auto& which = *resolve(path)->which;
        const std::string line{which.tail()};
        const auto said = text_of(path, value, true) + '\n';
        if (which.of_upstream()) {
            upstream += line + " = " + said;
        } else if (which.of_route()) {
            route += line + " = " + said;
        } else {
            const auto dot = path.find('.');
            others[path.substr(0, dot)] += path.substr(dot + 1) + " = " + said;
        }
    }
    auto text = upstream + route;
    for (const auto& [section, lines] : others) {
        text += "[" + prefix + section + "]\n" + lines;
    }
    return text;
}

/// The sources that say it in one layer; what a layer cannot say (of a route) the file does.
sources said_in(layer where, const settings& set) {
    sources from;
    from.file_name = "curfew.toml";
    from.environment = "staging";
    if (where == layer::file) from.file_text = file_of(set, "");
    if (where == layer::environment) from.file_text = file_of(set, "env.staging.");
    if (where != layer::variable && where != layer::flag) return from;
    settings of_routes;
    for (const auto& [path, value] : set) {
        const auto which = *resolve(path);
        const auto text = text_of(path, value, false);
        if (which.which->of_route()) {
            of_routes.emplace(path, value);
        } else if (where == layer::variable) {
            from.variables.emplace_back(variable_name(*which.which, which.name), text);
        } else {
            from.flags.push_back({"--flag", path, {text}});
        }
    }
    from.file_text = file_of(of_routes, "");
    return from;
}

const policy& usual_policy() {
    static const auto made = load_text(file_of({}, ""), "staging").snapshot;
    return *made;
}

/// The values around those where something changes.
std::vector<std::int64_t> values_for(const std::string& path) {
    const auto [low, high] = range_of(path);
    std::set<std::int64_t> all{low, low + 1, high - 1, high};
    for (const auto& row : orders()) {
        for (const auto pattern : {row.inner, row.outer}) {
            if (concrete(row.inner) != path && concrete(row.outer) != path) continue;
            const auto usual = number_in(usual_policy(), concrete(pattern));
            for (const auto value :
                 {usual / 2, usual - 1, usual, usual + 1, usual * 2, usual * 2 + 1}) {
                if (value >= low && value <= high) all.insert(value);
            }
        }
    }
    return {all.begin(), all.end()};
}

std::vector<order> every_order() {
    std::vector<order> all{orders().begin(), orders().end()};
    all.insert(all.end(), route_orders().begin(), route_orders().end());
    return all;
}

bool holds(std::int64_t inner, std::int64_t outer, bool may_be_equal) {
    return inner < outer || (may_be_equal && inner == outer);
}

/// Whether two that were set contradict each other.
bool contradicts_itself(const settings& set) {
    const auto connect = set.find("upstream.main.connect_timeout");
    const auto timeout = set.find("route./x.timeout");
    if (connect != set.end() && timeout != set.end() && connect->second >= timeout->second) {
        return true;
    }
    return std::ranges::any_of(every_order(), [&](const order& row) {
        const auto inner = set.find(concrete(row.inner));
        const auto outer = set.find(concrete(row.outer));
        return inner != set.end() && outer != set.end() &&
               !holds(inner->second, outer->second, row.may_be_equal);
    });
}

std::string told(layer where, const settings& set) {
    std::string text{to_string(where)};
    for (const auto& [path, value] : set) {
        text += ' ' + path + '=' + text_of(path, value, false);
    }
    return text;
}

/// All pairs are in order; at the end of a range a default may equal the limit around it.
void expect_in_order(const policy& made, const settings& set) {
    for (const auto& row : every_order()) {
        const auto inner = concrete(row.inner);
        const auto outer = concrete(row.outer);
        const auto low = number_in(made, inner);
        const auto high = number_in(made, outer);
        const bool at_an_end = low == range_of(inner).low || high == range_of(outer).high;
        const bool both = set.contains(inner) && set.contains(outer);
        EXPECT_TRUE(holds(low, high, row.may_be_equal || (at_an_end && !both)))
            << inner << " = " << text_of(inner, low, false) << ", " << outer << " = "
            << text_of(outer, high, false);
    }
}

/// What was set stays; what moved says what it gave way to, and that was set.
void expect_explained(const loading& result, const settings& set) {
    for (const auto& row : every_order()) {
        for (const auto pattern : {row.inner, row.outer}) {
            const auto path = concrete(pattern);
            const auto value = number_in(*result.snapshot, path);
            const auto why = result.explain(path);
            ASSERT_TRUE(why) << path;
            const auto& last = why->statements.back();
            EXPECT_GE(value, range_of(path).low) << path;
            EXPECT_LE(value, range_of(path).high) << path;
            if (const auto said = set.find(path); said != set.end()) {
                EXPECT_EQ(value, said->second) << path;
                EXPECT_GE(last.said_by, layer::file) << path;
                continue;
            }
            EXPECT_LE(last.said_by, layer::derived) << path;
            constexpr std::string_view gave_way = "gave way to ";
            if (last.origin.starts_with(gave_way)) {
                EXPECT_TRUE(set.contains(last.origin.substr(gave_way.size()))) << last.origin;
            } else if (resolve(path)->which->inherits.empty()) {
                EXPECT_EQ(value, number_in(usual_policy(), path)) << path;
            }
        }
    }
}

void expect_settled(layer where, const settings& set) {
    SCOPED_TRACE(told(where, set));
    const auto from = said_in(where, set);
    const auto result = load(from);
    if (contradicts_itself(set)) {
        EXPECT_FALSE(result.snapshot);
        return;
    }
    ASSERT_TRUE(result.snapshot) << format(result.problems.at(0));
    expect_in_order(*result.snapshot, set);
    expect_explained(result, set);
}

constexpr std::array layers{layer::file, layer::environment, layer::variable, layer::flag};

TEST(orders, a_limit_that_was_set_alone_is_never_refused_in_any_layer) {
    for (const auto& row : every_order()) {
        for (const auto pattern : {row.inner, row.outer}) {
            const auto path = concrete(pattern);
            for (const auto value : values_for(path)) {
                for (const auto where : layers) {
                    expect_settled(where, {{path, value}});
                }
            }
        }
    }
}

TEST(orders, two_that_were_set_are_refused_only_if_they_contradict_each_other) {
    for (const auto& row : every_order()) {
        const auto inner = concrete(row.inner);
        const auto outer = concrete(row.outer);
        for (const auto low : values_for(inner)) {
            for (const auto high : values_for(outer)) {
                expect_settled(layer::file, {{inner, low}, {outer, high}});
            }
        }
    }
}

TEST(orders, any_set_of_limits_is_settled_by_what_was_set_alone) {
    std::vector<std::string> paths;
    for (const auto& row : every_order()) {
        paths.push_back(concrete(row.inner));
        paths.push_back(concrete(row.outer));
    }
    std::ranges::sort(paths);
    const auto rest = std::ranges::unique(paths);
    paths.erase(rest.begin(), rest.end());
    std::mt19937 seeded{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same cases each time
    for (int i = 0; i < 2'000; ++i) {
        settings set;
        for (std::size_t size = 1 + seeded() % 4; set.size() < size;) {
            const auto& path = paths[seeded() % paths.size()];
            const auto values = values_for(path);
            set[path] = values[seeded() % values.size()];
        }
        expect_settled(layers[seeded() % layers.size()], set);
    }
}

TEST(orders, a_row_that_others_imply_is_in_the_table) {
    for (const auto& first : orders()) {
        for (const auto& second : orders()) {
            if (first.outer != second.inner) continue;
            const auto found = std::ranges::find_if(orders(), [&](const order& row) {
                return row.inner == first.inner && row.outer == second.outer;
            });
            ASSERT_NE(found, orders().end()) << first.inner << " to " << second.outer;
            EXPECT_EQ(found->between, first.outer);
            EXPECT_TRUE(first.may_be_equal || second.may_be_equal)
                << "two strict ones in a row need room for two between";
        }
    }
}

TEST(orders, what_was_refused_because_of_a_default_is_taken) {
    EXPECT_EQ(load_text("[backend]\ngrace = \"30s\"").snapshot->backend.ready_timeout, 30s)
        << "grace is not within the time to start: neither bounds the other";
    EXPECT_EQ(load_text("[limiter]\ninitial = 2000").snapshot->limiter.ceiling, 2000U);
    const auto live = load_text("[backend]\nlive_timeout = \"10s\"").snapshot;
    EXPECT_EQ(live->backend.live_interval, 20s);
    EXPECT_EQ(live->backend.ready_timeout, 30s);
    EXPECT_EQ(load_text("[backend]\nbackoff_min = \"1m\"").snapshot->backend.backoff_max, 1min);
    const auto connect =
        load_text("[upstream.a]\nurls = [\"http://a\"]\nconnect_timeout = \"1m\"").snapshot;
    EXPECT_EQ(connect->request.timeout, 2min);
    EXPECT_EQ(connect->breaker.probe_lease, 2min);
    EXPECT_EQ(load_text("[request]\nslow = \"40s\"").snapshot->request.timeout, 80s);
    EXPECT_EQ(load_text("[breaker]\nprobe_lease = \"9s\"").snapshot->request.timeout, 9s);
}

TEST(orders, a_default_between_two_that_were_set_finds_its_place) {
    const auto made =
        load_text("[request]\nslow = \"40s\"\n[breaker]\nprobe_lease = \"50s\"").snapshot;
    EXPECT_EQ(made->request.timeout, 45s);
    EXPECT_EQ(
        load_text("[request]\nslow = \"50s\"\n[breaker]\nprobe_lease = \"40s\"")
            .problems.at(0)
            .sentence,
        "`request.slow` (50s) must be shorter than `breaker.probe_lease` (40s)"
    );
}

TEST(orders, what_a_route_inherits_gives_way_to_what_it_sets) {
    const std::string upstream = "[upstream.main]\nurls = [\"http://a\"]\n";
    const auto longer = load_text(
        upstream + "[breaker]\nprobe_lease = \"1m\"\n[[route]]\npath = \"/x\"\ntimeout = \"2m\""
    );
    ASSERT_TRUE(longer.snapshot);
    EXPECT_EQ(longer.snapshot->routes.at(0).limits.breaker.probe_lease, 2min);
    EXPECT_EQ(longer.snapshot->breaker.probe_lease, 1min);
    EXPECT_EQ(
        longer.explain("route./x.breaker.probe_lease")->statements.back().origin,
        "gave way to route./x.timeout"
    );
    const auto wider = load_text(upstream + "[[route]]\npath = \"/x\"\nin_flight = 2000").snapshot;
    EXPECT_EQ(wider->gateway.in_flight, 2000U);
}

}  // namespace
}  // namespace curfew::policy
