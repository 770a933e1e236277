#pragma once

#include <curfew/core/expects.hpp>
#include <curfew/protocol/http1_parser.hpp>
#include <curfew/protocol/http1_writer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

/// What the fuzz targets of http1 hold the parsers to.
namespace curfew::http1 {

/// The input decides how it is cut, so that seeds are plain messages.
class cutter {
  public:
    explicit cutter(std::string_view input) noexcept {
        for (const char c : input)
            state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }

    /// 1 to 64, small ones more often.
    std::size_t next() noexcept {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return 1 + (state_ >> 8) % (std::size_t{1} << (state_ % 7));
    }

  private:
    std::uint64_t state_ = 0xcbf29ce484222325;
};

inline constexpr std::array bounds_to_try{
    limits{},
    limits{.head_bytes = 96, .field_count = 3, .target_bytes = 16},
};

inline bool within(std::string_view view, std::string_view buffer) noexcept {
    return view.empty() || (view.data() >= buffer.data() &&
                            view.data() + view.size() <= buffer.data() + buffer.size());
}

/// Shows `input` to `parser` in pieces, each time in a new buffer of exactly that size, so that a
/// look at a byte too far or at a buffer that is gone is seen. Returns the last buffer.
template <class Parser>
std::unique_ptr<char[]> feed_in_pieces(Parser& parser, std::string_view input) {
    cutter cuts{input};
    std::unique_ptr<char[]> current;
    std::size_t shown = 0;
    auto outcome = progress::need_more;
    while (shown < input.size() && outcome == progress::need_more) {
        shown += std::min(cuts.next(), input.size() - shown);
        auto next = std::make_unique<char[]>(shown);
        input.copy(next.get(), shown);
        current = std::move(next);
        outcome = parser.step({current.get(), shown});
    }
    return current;
}

/// CRLF and nothing like it, no NUL.
inline void check_lines(std::string_view head) {
    for (std::size_t i = 0; i < head.size(); ++i) {
        expects(head[i] != '\0', "no NUL in an accepted head");
        if (head[i] == '\n') expects(i > 0 && head[i - 1] == '\r', "no bare LF");
        if (head[i] == '\r') expects(i + 1 < head.size() && head[i + 1] == '\n', "no bare CR");
    }
}

inline void check_fields(const field_list& fields, std::string_view head) {
    std::size_t lengths = 0;
    std::size_t codings = 0;
    std::size_t hosts = 0;
    for (const field& one : fields) {
        expects(within(one.name, head) && within(one.value, head), "fields lie inside the head");
        expects(is_token(one.name) && is_field_value(one.value), "fields are well-formed");
        expects(one.id == find_field_id(one.name), "fields are recognised");
        expects(one.id == field_id::other || fields.present.contains(one.id), "present");
        lengths += one.id == field_id::content_length;
        codings += one.id == field_id::transfer_encoding;
        hosts += one.id == field_id::host;
    }
    expects(lengths <= 1, "one length at most");
    expects(codings == 0 || lengths == 0, "a length or a coding");
    expects(hosts <= 1 || head.starts_with("HTTP/"), "one host at most");
}

inline void check_same(const field_list& left, const field_list& right) {
    expects(left.all.size() == right.all.size(), "as many fields");
    for (std::size_t i = 0; i < left.all.size(); ++i) {
        const field& a = left.all[i];
        const field& b = right.all[i];
        expects(a.name == b.name && a.value == b.value && a.id == b.id, "the same fields");
        expects(a.hop_by_hop == b.hop_by_hop, "forwarded alike");
        expects(a.has_underscore == b.has_underscore, "underscores alike");
    }
}

/// The same outcome for both, for the same reason, after the same number of bytes.
template <class Parser>
void check_agreement(const Parser& left, progress one, const Parser& right, progress other) {
    expects(one == other, "the same outcome");
    if (one == progress::failed) expects(left.why() == right.why(), "the same rule");
    if (one == progress::done) expects(left.consumed() == right.consumed(), "the same size");
}

}  // namespace curfew::http1
