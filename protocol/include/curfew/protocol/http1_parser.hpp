#pragma once

#include <curfew/protocol/http1_message.hpp>
#include <curfew/protocol/http1_violation.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace curfew::http1 {

enum class progress : std::uint8_t { need_more, done, failed };

namespace detail {

/// What both parsers share: lines, fields, and the few fields that decide about framing.
class head_scanner {
  public:
    /// The head's size in the buffer, the empty line included. After `done` only.
    [[nodiscard]] std::size_t consumed() const noexcept { return line_begin_; }

    [[nodiscard]] const limits& bounds() const noexcept { return limits_; }

    [[nodiscard]] bool failed() const noexcept { return why_ != violation::none; }

    /// After `failed` only: which rule was broken.
    [[nodiscard]] violation why() const noexcept { return why_; }

    /// Whether a byte of the head has been seen (a tolerated empty line before it is none). Before
    /// it, a close is an idle end, and a request that was sent may be safe to repeat.
    [[nodiscard]] bool begun() const noexcept {
        return start_line_seen_ || scanned_ != line_begin_;
    }

  protected:
    head_scanner(std::span<field> storage, const limits& bounds) noexcept
        : storage_{storage}, limits_{bounds} {}

    enum class line_state : std::uint8_t { partial, whole, refused };

    /// Where the transfer codings stand, after those seen so far.
    enum class coding_state : std::uint8_t { absent, unknown, chunked, unknown_chunked, broken };

    void restart() noexcept;

    /// Whether the bytes lie elsewhere than in the last step; the views into them move along.
    bool has_moved(std::string_view buffered) const noexcept {
        return base_ != nullptr && base_ != buffered.data();
    }

    void rebase(std::string_view buffered) noexcept;
    void shift(std::string_view& view, std::string_view buffered) const noexcept;

    /// The next line without its CRLF, when it ends before `bound` (an offset into `buffered`). It
    /// holds no control byte but HTAB; no byte is looked at twice.
    line_state next_line(
        std::string_view buffered, std::size_t bound, violation when_longer, std::string_view& line
    ) noexcept;

    /// Takes lines up to the empty one.
    progress take_fields(std::string_view buffered) noexcept;

    /// Settles the framing fields against each other, and marks what must not be forwarded.
    bool conclude_fields(std::uint8_t minor_version) noexcept;

    [[nodiscard]] field_list fields() const noexcept;
    [[nodiscard]] bool keeps_alive(std::uint8_t minor_version) const noexcept;
    bool refuse(violation rule) noexcept;

    std::span<field> storage_;
    limits limits_;
    const char* base_ = nullptr;
    std::size_t line_begin_ = 0;
    std::size_t scanned_ = 0;
    std::size_t field_count_ = 0;
    std::uint64_t content_length_ = 0;
    field_set present_;
    std::uint16_t connection_options_ = 0;
    progress progress_ = progress::need_more;
    violation why_ = violation::none;
    coding_state coding_ = coding_state::absent;
    bool start_line_seen_ = false;
    bool says_close_ = false;
    bool says_keep_alive_ = false;
    bool says_upgrade_ = false;
    bool nominates_ = false;  ///< Connection names something besides those three

  private:
    bool take_field(std::string_view line) noexcept;
    bool interpret(const field& parsed) noexcept;
    bool take_content_length(std::string_view value) noexcept;
    void take_transfer_encoding(std::string_view value) noexcept;
    bool take_connection(std::string_view value) noexcept;
    void mark_nominated() noexcept;
};

}  // namespace detail

/// Reads one request head at a time, strictly: what a lenient peer might understand differently is
/// refused (the list is `violation`). Resumable: a head that arrives byte by byte costs no more
/// than one that arrives at once. Allocates nothing; one thread at a time.
///
///     request_parser parser{storage};
///     while (parser.step(buffered) == progress::need_more) { read more behind `buffered` }
///
/// Between two steps of one head the bytes already shown must stay as they were, at the front of
/// the next `buffered`; the buffer itself may move. The head's views live as long as the buffer of
/// the last step and `storage` do.
class request_parser : public detail::head_scanner {
  public:
    /// `storage` holds the fields (40 bytes each) and must outlive the head.
    explicit request_parser(std::span<field> storage, const limits& bounds = {}) noexcept
        : head_scanner{storage, bounds} {}

    /// `buffered` is everything received since the head's first byte, and perhaps more than the
    /// head. After `done` or `failed` the answer stays until reset().
    progress step(std::string_view buffered) noexcept;

    /// After `done` only.
    [[nodiscard]] const request_head& head() const noexcept { return head_; }

    /// After `failed` only: what to answer before closing.
    [[nodiscard]] errc error() const noexcept { return request_error(why_); }

    /// Ready for the next head. The caller drops consumed() bytes, and the body, from the buffer.
    void reset() noexcept;

  private:
    bool take_first_byte(std::string_view buffered) noexcept;
    progress take_request_line(std::string_view buffered) noexcept;
    bool parse_request_line(std::string_view line) noexcept;
    bool parse_target() noexcept;
    bool parse_absolute_target() noexcept;
    bool split_path(std::string_view text) noexcept;
    bool conclude() noexcept;
    bool settle_host() noexcept;
    bool settle_expectation() noexcept;

    request_head head_;
    bool empty_line_seen_ = false;
};

/// Reads one response head at a time, by the same rules. Every failure is errc::upstream_protocol.
class response_parser : public detail::head_scanner {
  public:
    /// `method` is that of the request being answered: it decides whether a body can follow.
    explicit response_parser(
        std::span<field> storage, method_id method, const limits& bounds = {}
    ) noexcept
        : head_scanner{storage, bounds}, method_{method} {}

    /// As request_parser::step().
    progress step(std::string_view buffered) noexcept;

    /// After `done` only.
    [[nodiscard]] const response_head& head() const noexcept { return head_; }

    [[nodiscard]] errc error() const noexcept { return errc::upstream_protocol; }

    /// Ready for the next head, which answers a request of `method`: after an interim response the
    /// same method again.
    void reset(method_id method) noexcept;

  private:
    progress take_status_line(std::string_view buffered) noexcept;
    bool parse_status_line(std::string_view line) noexcept;
    bool conclude() noexcept;
    bool settle_body() noexcept;

    response_head head_;
    method_id method_;
};

}  // namespace curfew::http1
