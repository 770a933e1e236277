#include <curfew/process/line_splitter.hpp>
#include <curfew/process/proc.hpp>
#include <curfew/process/stack_dump.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// A process names itself as it likes; the numbers after its name stay where they are.
void check_stat(std::string_view text) {
    std::ignore = curfew::process::parse_stat(text);
    const auto name = std::string{text};
    const auto facts = curfew::process::parse_stat(
        "42 (" + name + ") S 10 20 30 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 98765 1 2"
    );
    require(facts && facts->name == name && facts->parent == 10 && facts->id.started == 98765);
}

void check_redact(std::string_view text) {
    const auto clean = curfew::process::redact(std::string{text} + " password=hunter2xyz");
    require(clean.find("hunter2xyz") == clean.npos || text.find("hunter2xyz") != text.npos);
}

// Where the bytes are cut makes no difference.
void check_lines(std::string_view text) {
    std::string whole;
    std::string pieces;
    curfew::process::line_splitter one{"> ", [&](auto line) { whole += line; }};
    curfew::process::line_splitter two{"> ", [&](auto line) { pieces += line; }};
    one.feed(text);
    for (std::size_t at = 0; at < text.size(); at += 3) {
        two.feed(text.substr(at, 3));
    }
    one.flush();
    two.flush();
    require(whole == pieces);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_stat(text);
    check_redact(text);
    check_lines(text);
    std::ignore = curfew::process::has_marker(text, "m");
    return 0;
}
