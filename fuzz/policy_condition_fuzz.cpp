#include <curfew/core/expects.hpp>
#include <curfew/policy/condition.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace curfew::policy {

namespace {

void check(std::string_view text) {
    const auto made = parse_condition(text);
    if (!made) {
        expects(made.error().at <= text.size(), "a place is in the text");
        expects(!made.error().what.sentence.empty(), "a problem says what");
        return;
    }
    expects(made->value >= 0 && made->lasting >= duration::zero(), "nothing is negative");
    const auto again = parse_condition(print(*made));
    expects(again && *again == *made, "what is printed is read back as itself");
}

}  // namespace

}  // namespace curfew::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    curfew::policy::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
