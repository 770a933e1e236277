#include <curfew/gateway/idle_pool.hpp>

#include <charconv>

namespace curfew::gateway {

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return value;
}

}  // namespace

keep_alive_terms parse_keep_alive(std::string_view value) noexcept {
    constexpr std::uint64_t day = 24 * 3600;
    keep_alive_terms terms;
    for (auto one = http1::next_element(value); !one.empty(); one = http1::next_element(value)) {
        const auto equals = one.find('=');
        if (equals == one.npos) continue;
        const auto name = one.substr(0, equals);
        const auto number = whole_number(one.substr(equals + 1));
        if (!number) continue;
        if (http1::equals_ignoring_case(name, "timeout")) {
            terms.timeout = std::chrono::seconds{std::min(*number, day)};
        } else if (http1::equals_ignoring_case(name, "max")) {
            terms.more = *number;
        }
    }
    return terms;
}

bool is_repeatable(const http1::request_head& head) noexcept {
    return http1::is_idempotent(head.method) ||
           head.fields.present.contains(http1::field_id::idempotency_key);
}

bool may_retry(const failed_attempt& failed) noexcept {
    if (failed.attempt > 1 || failed.response_begun) return false;
    switch (failed.why) {
        case errc::connect_refused:
        case errc::connect_timeout:
        case errc::connect_failed:
            return !failed.head_written;
        case errc::upstream_closed:
        case errc::upstream_reset:
            if (!failed.reused) return false;
            return !failed.head_written || (failed.idempotent && !failed.body_written);
        default:
            return false;
    }
}

}  // namespace curfew::gateway
