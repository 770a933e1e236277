#include <curfew/clients/pg/pool_options.hpp>

#include <array>
#include <utility>

namespace curfew::pg {

std::optional<std::string> problem_of(const pool_options& how) {
    using named = std::pair<const char*, duration>;
    const std::array positive{
        named{"limit.initialization", how.limit.initialization},
        named{"limit.connection", how.limit.connection},
        named{"limit.acquire", how.limit.acquire},
        named{"limit.query", how.limit.query},
        named{"limit.transaction", how.limit.transaction},
        named{"limit.idle", how.limit.idle},
        named{"check", how.check},
        named{"ending", how.ending},
    };
    for (const auto& [name, value] : positive) {
        if (value <= duration::zero()) return std::string{name} + " is not longer than nothing";
    }
    const std::array not_negative{
        named{"slow_after", how.slow_after},
        named{"leak_after", how.leak_after},
        named{"session.user_timeout", how.session.user_timeout},
    };
    for (const auto& [name, value] : not_negative) {
        if (value < duration::zero()) return std::string{name} + " is negative";
    }
    if (!is_valid(how.places)) {
        return "places: size is from 1 to 100000, overflow at most 100000, recycle longer than "
               "nothing, jitter_percent at most 100, check_after not negative";
    }
    if (!is_valid(how.breaker)) return "breaker: one of its values is out of its range";
    constexpr std::size_t bytes_max = std::size_t{1} << 30;
    if (how.session.bytes_max == 0 || how.session.bytes_max > bytes_max) {
        return "session.bytes_max is from 1 byte to 1 GiB";
    }
    if (how.session.rows_max == 0) return "session.rows_max is at least 1";
    return std::nullopt;
}

}  // namespace curfew::pg
