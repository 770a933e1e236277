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
    head_scanner(std::span<field> storage, const limits& bounds) noexcept
        : storage_{storage}, limits_{bounds} {}

    [[nodiscard]] std::size_t consumed() const noexcept { return line_begin_; }

    [[nodiscard]] violation why() const noexcept { return why_; }

  protected:
    enum class line_state : std::uint8_t { none, whole, refused };

    /// The bytes may have moved since the last step; the views into them move along.
    void rebase(std::string_view buffered) noexcept;
    /// Looks for the end of the current line without looking at a byte twice.
    line_state next_line(
        std::string_view buffered,
        std::size_t longest,
        violation when_longer,
        std::string_view& line
    ) noexcept;
    /// Takes the lines after the start line up to the empty one.
    progress take_fields(std::string_view buffered) noexcept;
    /// Marks what may not be forwarded, and settles the framing fields against each other.
    bool conclude_fields(std::uint8_t minor_version) noexcept;
    bool keeps_alive(std::uint8_t minor_version) const noexcept;
    progress refuse(violation rule) noexcept;
    void restart() noexcept;

    std::span<field> storage_;
    limits limits_;
    const char* base_ = nullptr;
    std::size_t line_begin_ = 0;
    std::size_t scanned_ = 0;
    std::size_t field_count_ = 0;
    std::uint64_t content_length_ = 0;
    field_set present_;
    violation why_ = violation::none;
    std::uint8_t connection_options_ = 0;
    bool empty_line_seen_ = false;
    bool start_line_seen_ = false;
    bool final_chunked_ = false;
    bool other_coding_ = false;
    bool says_close_ = false;
    bool says_keep_alive_ = false;
    bool says_upgrade_ = false;
    bool names_fields_ = false;

  private:
    bool take_field(std::string_view line) noexcept;
    bool interpret(const field& one) noexcept;
    bool take_content_length(std::string_view value) noexcept;
    bool take_transfer_encoding(std::string_view value) noexcept;
    bool take_connection(std::string_view value) noexcept;
    void mark_nominated() noexcept;
    static violation judge_line(std::string_view line) noexcept;
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
    /// `storage` holds the fields and must outlive the head. 40 bytes a field.
    explicit request_parser(std::span<field> storage, const limits& bounds = {}) noexcept
        : head_scanner{storage, bounds} {}

    /// `buffered` is everything received since the head's first byte, and perhaps more than the
    /// head. After `done` or `failed` the answer stays until reset().
    progress step(std::string_view buffered) noexcept;

    /// After `done` only.
    [[nodiscard]] const request_head& head() const noexcept { return head_; }

    /// After `failed` only: what to answer before closing.
    [[nodiscard]] errc error() const noexcept { return request_error(why_); }

    /// Whether a byte of a head has been seen: a close is then a broken request, else an idle end.
    [[nodiscard]] bool begun() const noexcept { return scanned_ != 0; }

    /// Ready for the next head. The caller drops consumed() bytes, and the body, from the buffer.
    void reset() noexcept;

  private:
    bool take_request_line(std::string_view line) noexcept;
    bool take_target() noexcept;
    bool take_absolute_target() noexcept;
    progress conclude() noexcept;
    bool settle_host() noexcept;
    bool settle_expectation() noexcept;

    request_head head_;
    bool finished_ = false;
};

/// Reads one response head at a time, by the same rules. Every failure is errc::upstream_protocol.
class response_parser : public detail::head_scanner {
  public:
    /// `method` is that of the request being answered: it decides whether a body can follow.
    explicit response_parser(
        std::span<field> storage, method_id method, const limits& bounds = {}
    ) noexcept
        : head_scanner{storage, bounds}, method_{method} {}

    progress step(std::string_view buffered) noexcept;

    [[nodiscard]] const response_head& head() const noexcept { return head_; }

    [[nodiscard]] errc error() const noexcept { return errc::upstream_protocol; }

    /// Whether a byte of the response has been seen: before it, a retry may be safe.
    [[nodiscard]] bool begun() const noexcept { return scanned_ != 0; }

    /// Ready for the next head, which answers a request of `method`: after an interim response the
    /// same method again.
    void reset(method_id method) noexcept;

  private:
    bool take_status_line(std::string_view line) noexcept;
    progress conclude() noexcept;
    bool settle_body() noexcept;

    response_head head_;
    method_id method_;
    bool finished_ = false;
};

}  // namespace curfew::http1
