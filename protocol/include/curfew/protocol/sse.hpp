#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as far as
/// programs need them: no reconnection times, no last identifiers.
namespace curfew::sse {

/// What an event may hold, all its lines together. A longer one ends the stream.
inline constexpr std::size_t event_bytes_max = std::size_t{4} << 20;

/// Of one event. Views hold until the next step.
struct message {
    std::string_view name;  ///< of its `event` field; empty: none was given
    std::string_view data;  ///< its `data` lines, with LF between them
};

/// Takes events out of a byte stream, however it is cut. Lines end in LF or CRLF; a CR alone, which
/// the standard allows, is refused, and so are NUL and what is not UTF-8. Comments, `id`, `retry`
/// and fields that nobody knows are dropped; an event without data does not count, as the standard
/// has it. A byte order mark at the beginning is dropped. Holds one event at most.
///
///     while (!input.empty()) {
///         const auto taken = parser.step(input);
///         input.remove_prefix(taken.consumed);
///         if (taken.complete) use(parser.current());
///         if (parser.failed()) ...
///     }
class parser {
  public:
    enum class trouble : std::uint8_t {
        none,
        too_long,      ///< an event over the limit
        bad_line_end,  ///< a CR that no LF follows
        bad_text,      ///< NUL, or no UTF-8
    };

    struct taken {
        std::size_t consumed = 0;
        bool complete = false;  ///< an event is there: current()
    };

    explicit parser(std::size_t event_bytes = event_bytes_max) noexcept : limit_{event_bytes} {}

    /// Takes bytes until an event is complete, the input is used up, or something is wrong. After a
    /// failure nothing is consumed.
    taken step(std::string_view input);

    [[nodiscard]] message current() const noexcept { return {name_, data_}; }

    [[nodiscard]] bool failed() const noexcept { return why_ != trouble::none; }

    [[nodiscard]] trouble why() const noexcept { return why_; }

    /// Whether comments or events have come since it was last asked: the other side lives.
    [[nodiscard]] bool heard() noexcept;

  private:
    [[nodiscard]] bool end_line();
    void take_field(std::string_view field, std::string_view value);

    void fail(trouble why) noexcept { why_ = why; }

    std::size_t limit_;
    std::string line_;
    std::string name_;
    std::string data_;
    std::size_t data_lines_ = 0;
    bool told_ = false;  ///< current() was handed out: the next line begins another
    bool after_cr_ = false;
    bool at_start_ = true;
    bool heard_ = false;
    trouble why_ = trouble::none;
};

/// Appends one event; `data` may have several lines. `name` is one line.
void append_event(std::string& to, std::string_view name, std::string_view data);

/// A line that says only that somebody is there.
inline constexpr std::string_view heartbeat = ":\n\n";

}  // namespace curfew::sse
