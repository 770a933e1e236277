#include <curfew/core/expects.hpp>
#include <curfew/gateway/routes.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>
#include <utility>

namespace curfew::gateway {

namespace {

std::string_view name_of(http1::method_id method) noexcept {
    return method == http1::method_id::other ? std::string_view{"OTHER"} : to_string(method);
}

constexpr char lowered(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_host(std::string_view given, std::string_view lowercase) noexcept {
    return std::ranges::equal(given, lowercase, {}, lowered);
}

std::string_view without_port(std::string_view host) noexcept {
    const auto bracket = host.rfind(']');
    const auto colon = host.rfind(':');
    if (colon != host.npos && (bracket == host.npos || colon > bracket)) {
        host = host.substr(0, colon);
    }
    if (host.ends_with('.')) host.remove_suffix(1);
    return host;
}

/// "*.example.org" serves any name below example.org, not example.org itself.
bool serves_host(const route_rule& rule, std::string_view host) noexcept {
    if (rule.host.empty()) return true;
    if (!rule.host.starts_with("*.")) return same_host(host, rule.host);
    const auto suffix = std::string_view{rule.host}.substr(1);
    return host.size() > suffix.size() &&
           same_host(host.substr(host.size() - suffix.size()), suffix);
}

bool serves_path(const route_rule& rule, std::string_view path, bool dots) noexcept {
    const auto& prefix = rule.prefix;
    if (prefix.empty()) return true;
    return !dots && path.starts_with(prefix) &&
           (path.size() == prefix.size() || path[prefix.size()] == '/');
}

/// The path of an origin-form or absolute-form target.
std::string_view path_of(std::string_view target) noexcept {
    if (!target.starts_with('/')) {
        const auto scheme = target.find("://");
        if (scheme != target.npos) {
            const auto slash = target.find('/', scheme + 3);
            target = slash == target.npos ? std::string_view{"/"} : target.substr(slash);
        }
    }
    return target.substr(0, target.find_first_of("?#"));
}

/// Calls `see` with each non-empty segment until it returns false.
template <class F>
void each_segment(std::string_view path, F&& see) noexcept {
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        if (slash > 0 && !see(path.substr(0, slash))) return;
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
}

/// Whether the segment is "." or "..", in plain or percent-encoded form.
bool is_dots(std::string_view segment) noexcept {
    int dots = 0;
    while (!segment.empty()) {
        const bool plain = segment[0] == '.';
        const bool encoded = segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' &&
                             lowered(segment[2]) == 'e';
        if (!plain && !encoded) return false;
        segment.remove_prefix(plain ? 1 : 3);
        ++dots;
    }
    return dots == 1 || dots == 2;
}

bool has_dot_segment(std::string_view path) noexcept {
    bool found = false;
    each_segment(path, [&](std::string_view segment) {
        found = (segment[0] == '.' || segment[0] == '%') && is_dots(segment);
        return !found;
    });
    return found;
}

std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed) noexcept {
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
    std::uint64_t hash = (seed + 1) * factor;
    while (!bytes.empty()) {
        std::uint64_t chunk = 0;
        const auto size = std::min(bytes.size(), sizeof chunk);
        std::memcpy(&chunk, bytes.data(), size);
        hash = (hash ^ chunk) * factor;
        hash ^= hash >> 32;
        bytes.remove_prefix(size);
    }
    return hash;
}

constexpr auto last_method = http1::method_id::connect;

std::string label_of(const route_rule& rule) {
    if (!rule.name.empty()) return rule.name;
    std::string label;
    for (unsigned i = 0; i <= static_cast<unsigned>(last_method) && !rule.methods.all(); ++i) {
        const auto method = static_cast<http1::method_id>(i);
        if (!rule.methods.serves(method)) continue;
        if (!label.empty()) label += ',';
        label += name_of(method);
    }
    if (!label.empty()) label += ' ';
    return label + rule.host + (rule.prefix.empty() ? "/" : rule.prefix);
}

std::string below(const route_rule& rule, std::string_view what) {
    return rule.name.empty() ? std::string{what} : rule.name + ' ' + std::string{what};
}

/// Most specific first: exact host, longer suffix, any host; longer prefix; methods named.
auto rank(const route_rule& rule) noexcept {
    const bool exact = !rule.host.empty() && !rule.host.starts_with("*.");
    return std::tuple{exact, exact ? 0 : rule.host.size(), rule.prefix.size(), !rule.methods.all()};
}

}  // namespace

void route_table::key::append(std::string_view text) noexcept {
    std::memcpy(bytes.data() + size, text.data(), text.size());
    size += text.size();
}

route_table::route_table(std::vector<route_rule> rules, route_options options) : options_{options} {
    options_.routes_max = std::clamp<std::size_t>(options_.routes_max, 1, 4096);
    options_.segments = std::clamp<std::size_t>(options_.segments, 1, 4);
    capacity_ = rules.size() + options_.routes_max;
    expects(capacity_ < 0xffff, "a route index has 16 bits");
    entries_ = std::make_unique<entry[]>(capacity_);
    const auto slots = std::bit_ceil(options_.routes_max * 4);
    slots_ = std::make_unique<std::atomic<std::uint16_t>[]>(slots);
    mask_ = slots - 1;

    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        auto& rule = rules[i];
        std::ranges::transform(rule.host, rule.host.begin(), lowered);
        while (rule.prefix.ends_with('/'))
            rule.prefix.pop_back();
        auto name = rule.derive ? below(rule, "other") : label_of(rule);
        const auto route = append({.hash = 0, .rule = i, .key = {}, .name = std::move(name)});
        rules_.push_back({std::move(rule), i, route});
    }
    fixed_ = size();
    std::ranges::sort(rules_, [](const prepared& a, const prepared& b) {
        const auto left = rank(a.rule);
        const auto right = rank(b.rule);
        return left != right ? left > right : a.position < b.position;
    });
}

result<route_match> route_table::find(
    http1::method_id method, std::string_view host, std::string_view target
) noexcept {
    const auto path = path_of(target);
    const auto rule = match(method, host, path);
    if (!rule) return std::unexpected{rule.error()};
    const auto& matched = **rule;
    if (!matched.rule.derive) return route_match{matched.route, false};

    const auto wanted = fold(method, path, matched);
    if (const auto route = known(wanted, matched.position); route >= 0) {
        return route_match{static_cast<route_index>(route), false};
    }
    const auto freely_given = (options_.routes_max + 1) / 2;
    if (const auto route = insert(wanted, matched, freely_given); route >= 0) {
        return route_match{static_cast<route_index>(route), false};
    }
    return route_match{matched.route, size() < capacity_};
}

void route_table::learn(
    http1::method_id method, std::string_view host, std::string_view target
) noexcept {
    const auto path = path_of(target);
    const auto rule = match(method, host, path);
    if (!rule || !(*rule)->rule.derive) return;
    const auto wanted = fold(method, path, **rule);
    if (known(wanted, (*rule)->position) < 0) insert(wanted, **rule, options_.routes_max);
}

std::string_view route_table::name(route_index route) const noexcept {
    expects(route < size(), "a route index comes from find()");
    return entries_[route].name;
}

std::size_t route_table::rule(route_index route) const noexcept {
    expects(route < size(), "a route index comes from find()");
    return entries_[route].rule;
}

result<const route_table::prepared*> route_table::match(
    http1::method_id method, std::string_view host, std::string_view path
) const noexcept {
    const auto bare = without_port(host);
    const bool dots = has_dot_segment(path);
    bool host_known = false;
    for (const auto& candidate : rules_) {
        const auto& rule = candidate.rule;
        if (!serves_host(rule, bare)) continue;
        host_known = true;
        if (rule.methods.serves(method) && serves_path(rule, path, dots)) return &candidate;
    }
    return fail(host_known ? errc::not_found : errc::misdirected);
}

route_table::key route_table::fold(
    http1::method_id method, std::string_view path, const prepared& rule
) const noexcept {
    key folded;
    folded.append(name_of(method));
    folded.append(" ");
    std::size_t segments = 0;
    each_segment(path.substr(rule.rule.prefix.size()), [&](std::string_view segment) {
        folded.append("/");
        folded.append(is_identifier(segment) ? "{id}" : segment);
        return ++segments < options_.segments;
    });
    if (segments == 0) folded.append("/");
    folded.hash = hash_of(folded.view(), rule.position);
    return folded;
}

int route_table::known(const key& wanted, std::uint32_t rule) const noexcept {
    for (auto slot = wanted.hash & mask_;; slot = (slot + 1) & mask_) {
        const int index = slots_[slot].load(std::memory_order_acquire) - 1;
        if (index < 0) return index;
        const auto& candidate = entries_[static_cast<std::size_t>(index)];
        if (candidate.hash == wanted.hash && candidate.rule == rule &&
            candidate.key == wanted.view()) {
            return index;
        }
    }
}

int route_table::insert(const key& wanted, const prepared& rule, std::size_t allowed) noexcept {
    if (size() - fixed_ >= allowed) return -1;
    const std::scoped_lock lock{growing_};
    if (const int route = known(wanted, rule.position); route >= 0) return route;
    if (size() - fixed_ >= allowed) return -1;

    const auto space = wanted.view().find(' ');
    std::string name{wanted.view().substr(0, space + 1)};
    name += rule.rule.prefix;
    const auto segments = wanted.view().substr(space + 1);
    if (segments != "/" || rule.rule.prefix.empty()) name += segments;
    const auto route = append(
        {.hash = wanted.hash,
         .rule = rule.position,
         .key = std::string{wanted.view()},
         .name = below(rule.rule, name)}
    );
    auto slot = wanted.hash & mask_;
    while (slots_[slot].load(std::memory_order_relaxed) != 0)
        slot = (slot + 1) & mask_;
    slots_[slot].store(static_cast<std::uint16_t>(route + 1), std::memory_order_release);
    return route;
}

route_index route_table::append(entry added) {
    const auto at = size_.load(std::memory_order_relaxed);
    entries_[at] = std::move(added);
    size_.store(at + 1, std::memory_order_release);
    return static_cast<route_index>(at);
}

}  // namespace curfew::gateway
