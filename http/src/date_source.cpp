#include <curfew/http/date_source.hpp>
#include <curfew/runtime/wall_clock.hpp>

namespace curfew::http {

void date_source::renew(time_point now) noexcept {
    using std::chrono::seconds;
    const auto wall = runtime::wall_now();
    const auto second = std::chrono::floor<seconds>(wall);
    text_ = http1::format_date(second);
    stale_at_ = now + (second + seconds{1} - wall);
}

}  // namespace curfew::http
