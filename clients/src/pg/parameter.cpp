#include <curfew/clients/pg/parameter.hpp>

#include <array>
#include <charconv>

namespace curfew::pg {

parameter::parameter(double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), number);
    text_.emplace(digits.data(), end.ptr);
}

}  // namespace curfew::pg
