#include "batch_frame.hpp"
#include "checksum.hpp"
#include <curfew/core/expects.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

using namespace curfew;
using namespace curfew::ledger;

// The first byte says what the rest is: 0 a whole frame as it is; else a payload, which is given a
// sound head and sum.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string frame{reinterpret_cast<const char*>(data) + 1, size - 1};
    if (data[0] != 0) {
        const std::array<std::uint32_t, 2> numbers{
            static_cast<std::uint32_t>(frame.size()), checksum(0, std::as_bytes(std::span{frame}))
        };
        std::string head = "CfB1";
        head.append(reinterpret_cast<const char*>(numbers.data()), sizeof numbers);
        frame = head + frame;
    }
    batch read;
    frame_head head;
    if (!decode_frame(std::as_bytes(std::span{frame}), read, head)) return 0;
    // What is accepted means the same when it is written again; series get other numbers once.
    const auto rewritten = [](const batch& from, const frame_head& of) {
        batch again;
        frame_head same;
        const std::string written = encode_frame(from, of);
        const bool read_back =
            decode_frame(std::as_bytes(std::span{written}), again, same).has_value();
        expects(read_back, "what was accepted is accepted when written again");
        return again;
    };
    const batch once = rewritten(read, head);
    const batch twice = rewritten(once, head);
    expects(encode_frame(once, head) == encode_frame(twice, head), "and means the same");
    expects(once.rows().size() == read.rows().size(), "no row is lost");
    expects(once.minutes().size() == read.minutes().size(), "no minute is lost");
    for (const batch::row& each : read.rows()) {
        expects(each.what < read.all_series().size(), "a row has a series");
    }
    return 0;
}
