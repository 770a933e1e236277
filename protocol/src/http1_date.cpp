#include <curfew/protocol/http1_date.hpp>

#include <algorithm>
#include <string_view>

namespace curfew::http1 {

namespace {

using namespace std::chrono;

constexpr std::string_view day_names = "SunMonTueWedThuFriSat";
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

void put(date_text& into, std::size_t at, std::string_view text) noexcept {
    std::ranges::copy(text, into.begin() + static_cast<std::ptrdiff_t>(at));
}

void put(date_text& into, std::size_t last, std::size_t digits, unsigned long number) noexcept {
    for (; digits > 0; --digits, number /= 10) {
        into[last--] = static_cast<char>('0' + number % 10);
    }
}

}  // namespace

date_text format_date(sys_seconds at) noexcept {
    const auto midnight = floor<days>(at);
    const year_month_day date{midnight};
    const hh_mm_ss time{at - midnight};
    date_text text;
    put(text, 0, "Ddd, 00 Mmm 0000 00:00:00 GMT");
    put(text, 0, day_names.substr(weekday{midnight}.c_encoding() * 3UL, 3));
    put(text, 6, 2, static_cast<unsigned>(date.day()));
    put(text, 8, month_names.substr((static_cast<unsigned>(date.month()) - 1) * 3UL, 3));
    put(text, 15, 4, static_cast<unsigned long>(static_cast<int>(date.year())));
    put(text, 18, 2, static_cast<unsigned long>(time.hours().count()));
    put(text, 21, 2, static_cast<unsigned long>(time.minutes().count()));
    put(text, 24, 2, static_cast<unsigned long>(time.seconds().count()));
    return text;
}

}  // namespace curfew::http1
