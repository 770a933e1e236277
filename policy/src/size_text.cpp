#include <curfew/policy/size_text.hpp>

#include <array>
#include <charconv>

namespace curfew::policy {

namespace {

struct unit {
    std::string_view name;
    std::uint64_t bytes;
};

constexpr std::array units{
    unit{"GiB", 1ULL << 30},
    unit{"MiB", 1ULL << 20},
    unit{"KiB", 1ULL << 10},
    unit{"B", 1},
};

constexpr std::string_view how = "sizes are written 512B, 64KiB, 8MiB or 1GiB";

std::unexpected<text_problem> wrong(std::string sentence) {
    return std::unexpected{text_problem{std::move(sentence), std::string{how}}};
}

}  // namespace

std::expected<std::uint64_t, text_problem> parse_size(std::string_view text) {
    if (text.empty()) return wrong("it is empty");
    if (text[0] == '-') return wrong("it is negative");
    std::uint64_t number = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc::invalid_argument) return wrong("it does not begin with a number");
    if (read.ec != std::errc{}) return wrong("it is too large");
    const std::string_view name{read.ptr, end};
    if (name.empty()) return wrong("it has no unit");
    if (name[0] == '.' || name[0] == ',') return wrong("it has a fraction");
    for (const auto& unit : units) {
        if (unit.name == name) {
            if (__builtin_mul_overflow(number, unit.bytes, &number))
                return wrong("it is too large");
            return number;
        }
    }
    return wrong("it has a part that is no unit of size");
}

std::string format_size(std::uint64_t bytes) {
    for (const auto& unit : units) {
        if (bytes % unit.bytes == 0 && (bytes != 0 || unit.bytes == 1)) {
            return std::to_string(bytes / unit.bytes) += unit.name;
        }
    }
    return {};
}

}  // namespace curfew::policy
