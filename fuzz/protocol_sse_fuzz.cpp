#include <curfew/core/expects.hpp>
#include <curfew/protocol/sse.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using curfew::expects;
namespace sse = curfew::sse;

constexpr std::size_t limit = 256;

/// What is read of `text` in pieces of `piece` bytes, written again; and how it ended.
struct reading {
    std::string again;
    sse::parser::trouble why{};
};

reading read(std::string_view text, std::size_t piece, std::size_t longest = limit) {
    reading made;
    sse::parser parser{longest};
    while (!text.empty() && !parser.failed()) {
        std::string_view part = text.substr(0, piece);
        text.remove_prefix(part.size());
        while (!part.empty() && !parser.failed()) {
            const auto taken = parser.step(part);
            expects(taken.consumed <= part.size(), "no more than there is");
            expects(taken.consumed > 0 || parser.failed(), "each step goes on");
            part.remove_prefix(taken.consumed);
            const auto event = parser.current();
            expects(event.data.size() <= longest, "bounded");
            if (taken.complete) {
                sse::append_event(made.again, event.name, event.data);
            }
        }
    }
    made.why = parser.why();
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const reading whole = read(text, size + 1);
    const reading cut = read(text, 1);
    expects(whole.why == cut.why, "where it is cut makes no difference");
    expects(whole.again == cut.again, "nor for what is read");
    expects(
        read(whole.again, 7, 2 * limit).again == whole.again, "it means the same when written again"
    );
    return 0;
}
