#include <curfew/gateway/routes.hpp>

#include <algorithm>

namespace curfew::gateway {

namespace {

enum kind : std::uint8_t { foreign, digit, hex_lower, hex_upper, lower, upper, separator };

constexpr auto kinds = [] {
    std::array<kind, 256> table{};
    for (std::size_t c = '0'; c <= '9'; ++c)
        table[c] = digit;
    for (std::size_t c = 'a'; c <= 'z'; ++c)
        table[c] = c <= 'f' ? hex_lower : lower;
    for (std::size_t c = 'A'; c <= 'Z'; ++c)
        table[c] = c <= 'F' ? hex_upper : upper;
    for (const char c : {'.', '-', '_', '~'})
        table[static_cast<unsigned char>(c)] = separator;
    return table;
}();

struct traits {
    std::array<std::size_t, separator + 1> count{};
    std::size_t run = 0;         ///< bytes since the last separator
    std::size_t run_digits = 0;  ///< digits among them
    bool long_run = false;       ///< a run of 16 and more holds a digit

    void see(kind what) noexcept {
        ++count[what];
        if (what == separator) {
            run = run_digits = 0;
            return;
        }
        ++run;
        run_digits += what == digit ? 1 : 0;
        long_run = long_run || (run >= 16 && run_digits > 0);
    }
};

}  // namespace

bool is_identifier(std::string_view segment) noexcept {
    constexpr std::size_t longest_word = 64;
    if (segment.size() > longest_word) return true;
    traits seen;
    for (const char c : segment)
        seen.see(kinds[static_cast<unsigned char>(c)]);
    const auto& count = seen.count;
    if (count[foreign] > 0 || count[separator] == segment.size()) return true;
    if (count[digit] == 0) return false;

    const auto small = count[lower] + count[hex_lower];
    const auto large = count[upper] + count[hex_upper];
    const bool number = small + large == 0;
    const bool hexadecimal =
        count[lower] + count[upper] == 0 && segment.size() - count[separator] >= 8;
    const bool mixed_token = small > 0 && large > 0 && count[digit] >= 2 && segment.size() >= 10;
    const bool long_token = seen.long_run || (segment.size() >= 24 && count[digit] >= 3);
    const bool numbered_word = count[separator] > 0 && seen.run >= 3 && seen.run == seen.run_digits;
    return number || hexadecimal || mixed_token || long_token || numbered_word;
}

}  // namespace curfew::gateway
