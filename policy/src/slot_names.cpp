#include "slot.hpp"

#include <algorithm>
#include <array>

namespace curfew::policy {

namespace {

constexpr std::array severities{"debug", "info", "warning", "error"};
constexpr std::array shapes{"text", "json"};
constexpr std::array balancings{"round_robin", "least_loaded"};
constexpr std::array adaptive_modes{"off", "observe", "on"};
constexpr std::array urgencies{"info", "warning", "critical"};
constexpr std::array surfaces{
    "http", "websocket", "database", "cache", "bus", "agent", "command", "test", "startup"
};
constexpr std::array check_types{
    "none", "tcp", "tls", "http", "postgres", "redis", "nats", "command", "disk", "memory", "clock"
};
constexpr std::array timeout_verdicts{"fail", "pass"};
constexpr std::array leak_rules{"ignore", "warn", "fail"};

template <std::size_t N>
constexpr std::array<std::string_view, N> views(const std::array<const char*, N>& names) {
    std::array<std::string_view, N> all;
    std::ranges::copy(names, all.begin());
    return all;
}

constexpr auto severity_names = views(severities);
constexpr auto shape_names = views(shapes);
constexpr auto balancing_names = views(balancings);
constexpr auto adaptive_mode_names = views(adaptive_modes);
constexpr auto urgency_names = views(urgencies);
constexpr auto surface_names = views(surfaces);
constexpr auto check_type_names = views(check_types);
constexpr auto timeout_verdict_names = views(timeout_verdicts);
constexpr auto leak_rule_names = views(leak_rules);

struct names {
    std::string_view type;
    std::string_view written;
};

constexpr std::string_view a_duration = "text: \"250ms\", \"5s\", \"2m\" or \"1h30m\"";
constexpr std::string_view a_size = "text: \"512B\", \"64KiB\" or \"8MiB\"";

struct naming {
    names operator()(duration*) const { return {"duration", a_duration}; }

    names operator()(std::optional<duration>*) const {
        return {"duration or off", "text: \"250ms\", \"5s\", \"2m\", \"1h30m\" or \"off\""};
    }

    names operator()(std::uint64_t*) const { return {"size", a_size}; }

    names operator()(std::optional<std::uint64_t>*) const {
        return {"size or off", "text: \"512B\", \"64KiB\", \"8MiB\" or \"off\""};
    }

    names operator()(std::uint32_t*) const { return {"count", "a whole number: 100"}; }

    names operator()(double*) const { return {"number", "a number: 0.5"}; }

    names operator()(std::optional<double>*) const {
        return {"number or off", "a number: 0.5, or \"off\""};
    }

    names operator()(bool*) const { return {"flag", "true or false"}; }

    names operator()(std::string*) const { return {"text", "text in quotes"}; }

    names operator()(address*) const {
        return {"address", "text: \"127.0.0.1:8080\" or \"[::1]:8080\""};
    }

    names operator()(const choice&) const { return {"choice", "one of the names, in quotes"}; }

    names operator()(std::vector<std::string>*) const {
        return {"list of texts", "a list: [\"one\", \"two\"]"};
    }

    names operator()(std::vector<http_url>*) const {
        return {"list of URLs", "a list: [\"http://127.0.0.1:8000\"]"};
    }

    names operator()(std::vector<network>*) const {
        return {"list of CIDR blocks", "a list: [\"10.0.0.0/8\", \"fd00::/8\"]"};
    }
};

}  // namespace

std::span<const std::string_view> names_of(severity) noexcept {
    return severity_names;
}

std::span<const std::string_view> names_of(log_shape) noexcept {
    return shape_names;
}

std::span<const std::string_view> names_of(balancing) noexcept {
    return balancing_names;
}

std::span<const std::string_view> names_of(adaptive_mode) noexcept {
    return adaptive_mode_names;
}

std::span<const std::string_view> names_of(urgency) noexcept {
    return urgency_names;
}

std::span<const std::string_view> names_of(surface) noexcept {
    return surface_names;
}

std::span<const std::string_view> names_of(check_type) noexcept {
    return check_type_names;
}

std::span<const std::string_view> names_of(timeout_verdict) noexcept {
    return timeout_verdict_names;
}

std::span<const std::string_view> names_of(leak_rule) noexcept {
    return leak_rule_names;
}

std::string_view to_string(check_type type) noexcept {
    return check_type_names[static_cast<std::size_t>(type)];
}

std::string_view type_name(const slot& value) {
    return std::visit(naming{}, value).type;
}

std::string_view how_written(const slot& value) {
    return std::visit(naming{}, value).written;
}

}  // namespace curfew::policy
