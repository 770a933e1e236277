#include <curfew/admin/keys.hpp>
#include <curfew/admin/terminal_text.hpp>
#include <curfew/admin/watch_view.hpp>
#include <curfew/core/expects.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using curfew::expects;
namespace admin = curfew::admin;

/// Where the bytes are cut makes no difference.
void check_keys(std::string_view text) {
    std::vector<admin::key> whole;
    std::vector<admin::key> pieces;
    admin::key_decoder one;
    admin::key_decoder two;
    one.feed(text, whole);
    for (std::size_t at = 0; at < text.size(); at += 3) {
        two.feed(text.substr(at, 3), pieces);
    }
    expects(whole == pieces, "keys, however they are cut");
    expects(whole.size() <= text.size(), "a key is a byte at least");
}

/// Whatever a process says it is, the screen is whole and obeys no byte of it.
void check_screen(std::string_view text) {
    auto state = admin::read_state(text);
    if (!state) {
        return;
    }
    const std::string again = admin::to_json(*state);
    const auto read = admin::read_state(again);
    expects(read.has_value() && admin::to_json(*read) == again, "it means the same written again");
    admin::watch_model model{{"here:1"}};
    model.attached(0);
    model.take(0, *std::move(state));
    if (auto end = admin::read_end(text)) {
        model.take(0, *std::move(end));
    }
    const admin::screen_size size{1 + text.size() % 150, 1 + text.size() % 40};
    const auto lines = admin::draw_watch(model.shown(), model.settings(), size, {}, {});
    expects(lines.size() == size.rows, "as many lines as the screen has");
    for (const std::string& each : lines) {
        expects(admin::cells(each) == size.columns, "a line fills the screen");
        expects(admin::terminal_text(each) == each, "nothing for a terminal to obey");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_keys(text);
    check_screen(text);
    return 0;
}
