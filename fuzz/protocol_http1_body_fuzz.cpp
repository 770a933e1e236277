#include "protocol_http1_invariants.hpp"
#include <curfew/protocol/http1_body.hpp>

#include <optional>
#include <string>

namespace curfew::http1 {

namespace {

struct decoded {
    std::string content;
    std::size_t consumed = 0;
    bool finished = false;
    violation why = violation::none;
};

// `cut`: in pieces, each in a buffer of exactly its size.
decoded decode(std::string_view wire, body_framing framing, bool cut) {
    body_decoder decoder{framing};
    cutter cuts{wire};
    decoded result;
    for (std::size_t begin = 0; begin < wire.size();) {
        const std::string_view piece = wire.substr(begin, cut ? cuts.next() : wire.size());
        const auto exact = std::make_unique<char[]>(piece.size());
        piece.copy(exact.get(), piece.size());
        std::string_view input{exact.get(), piece.size()};
        bool again = true;
        while (again) {
            const auto taken = decoder.step(input);
            expects(taken.consumed <= input.size(), "consumes what it was given");
            expects(within(taken.data, input.substr(0, taken.consumed)), "data was consumed");
            expects(!taken.again || taken.consumed > 0, "goes on only if it got on");
            result.content += taken.data;
            result.consumed += taken.consumed;
            input.remove_prefix(taken.consumed);
            again = taken.again;
        }
        expects(input.empty() || decoder.finished() || decoder.failed(), "nothing is left over");
        begin += piece.size();
    }
    expects(decoder.received() == result.content.size(), "counts what it hands out");
    result.finished = decoder.finished();
    result.why = decoder.why();
    return result;
}

// A plain second opinion: the content of a whole, well-formed chunked body at the front of `wire`.
std::optional<std::string> naive_chunks(std::string_view wire, std::size_t& consumed) {
    std::string content;
    const std::size_t all = wire.size();
    const auto take_line = [&]() -> std::optional<std::string_view> {
        const std::size_t end = wire.find('\r');
        if (end == std::string_view::npos || wire.substr(end, 2) != "\r\n") return std::nullopt;
        const std::string_view line = wire.substr(0, end);
        wire.remove_prefix(end + 2);
        return is_field_value(line) ? std::optional{line} : std::nullopt;
    };
    while (true) {
        const auto line = take_line();
        if (!line) return std::nullopt;
        const std::string digits{line->substr(0, line->find(';'))};
        if (digits.empty() || digits.size() > 16) return std::nullopt;
        if (digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) return std::nullopt;
        const std::uint64_t size = std::stoull(digits, nullptr, 16);
        if (size == 0) break;
        if (size > wire.size() || wire.size() - size < 2) return std::nullopt;
        content += wire.substr(0, size);
        if (wire.substr(size, 2) != "\r\n") return std::nullopt;
        wire.remove_prefix(size + 2);
    }
    while (true) {
        const auto line = take_line();
        if (!line) return std::nullopt;
        if (line->empty()) break;
        const std::size_t colon = line->find(':');
        if (colon == line->npos || !is_token(line->substr(0, colon))) return std::nullopt;
    }
    consumed = all - wire.size();
    return content;
}

void check_chunked(std::string_view wire) {
    constexpr body_framing chunked{body_kind::chunked, 0};
    const decoded whole = decode(wire, chunked, false);
    const decoded pieces = decode(wire, chunked, true);
    expects(whole.content == pieces.content && whole.why == pieces.why, "the same under any cut");
    expects(whole.finished == pieces.finished, "the same end");
    expects(!whole.finished || whole.consumed == pieces.consumed, "at the same place");

    std::size_t consumed = 0;
    const auto expected = naive_chunks(wire, consumed);
    const bool bounded = whole.why == violation::chunk_extensions_too_large ||
                         whole.why == violation::trailers_too_large ||
                         whole.why == violation::too_many_trailers;
    expects(bounded || whole.finished == expected.has_value(), "the second opinion agrees");
    if (!whole.finished) return;
    expects(whole.content == *expected && whole.consumed == consumed, "on every byte");

    std::vector<char> room(whole.content.size() + 64);
    wire_writer out{room};
    if (!whole.content.empty()) {
        out.chunk_head(whole.content.size());
        out.text(whole.content);
        out.chunk_tail();
    }
    out.last_chunk();
    const decoded again = decode(out.written(), chunked, true);
    expects(again.finished && again.content == whole.content, "written and read again");
}

void check_others(std::string_view wire) {
    const std::size_t length = wire.size() / 2;
    const decoded sized = decode(wire, {body_kind::length, length}, true);
    expects(sized.content == wire.substr(0, length), "a length is kept to the byte");
    expects(sized.finished, "and then it is over");
    const decoded endless = decode(wire, {body_kind::until_close, 0}, true);
    expects(endless.content == wire && !endless.finished, "everything until the close");
}

}  // namespace

}  // namespace curfew::http1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    curfew::http1::check_chunked(input);
    curfew::http1::check_others(input);
    return 0;
}
