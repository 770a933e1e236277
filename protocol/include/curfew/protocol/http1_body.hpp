#pragma once

#include <curfew/protocol/http1_message.hpp>
#include <curfew/protocol/http1_violation.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace curfew::http1 {

/// What may come along with a chunked body besides the data. All of it is checked and dropped.
struct body_limits {
    std::uint32_t extension_bytes = 4 * 1024;  ///< chunk extensions, the whole body's together
    std::uint32_t trailer_bytes = 8 * 1024;    ///< trailer fields, line ends included
    std::uint32_t trailer_count = 100;         ///< trailer fields
};

/// Takes a body out of its framing. Keeps no bytes, only where it stands: every byte is shown to
/// it once. Allocates nothing. Strict on chunks: CRLF only, 1 to 16 hexadecimal digits, no white
/// space around them.
///
///     do {
///         const auto taken = decoder.step(input);
///         use(taken.data); input.remove_prefix(taken.consumed);
///     } while (taken.again);
class body_decoder {
  public:
    struct taken {
        std::size_t consumed = 0;  ///< bytes of the input that are done with, framing and data
        std::string_view data;     ///< the content among them: one run, inside the input
        bool again = false;        ///< there may be more content in what is left of the input
    };

    explicit body_decoder(body_framing framing = {}, const body_limits& bounds = {}) noexcept;

    /// Bytes after the end of the body are never consumed. Nothing is after `failed`.
    taken step(std::string_view input) noexcept;

    /// The peer closed. Ends a body that ends so; any other unfinished body is truncated.
    void close() noexcept;

    /// The body is complete.
    [[nodiscard]] bool finished() const noexcept { return state_ == state::finished; }

    [[nodiscard]] bool failed() const noexcept { return state_ == state::failed; }

    [[nodiscard]] violation why() const noexcept { return why_; }

    /// Content bytes handed out so far.
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

    /// Content bytes certain to come next, as far as the framing tells: of a body with a length
    /// what is left, of a chunked one what is left of the chunk.
    [[nodiscard]] std::uint64_t announced() const noexcept { return left_; }

  private:
    enum class state : std::uint8_t {
        length_data,
        close_data,
        size_first,
        size,
        extension,
        size_lf,
        chunk_data,
        data_cr,
        data_lf,
        trailer_begin,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        finished,
        failed,
    };

    std::size_t take_framing(std::string_view input) noexcept;
    void take_size_byte(char byte) noexcept;
    void take_trailer_byte(char byte) noexcept;
    void end_size_line() noexcept;
    void refuse(violation rule) noexcept;

    std::uint64_t left_ = 0;
    std::uint64_t received_ = 0;
    body_limits limits_;
    std::uint8_t digits_ = 0;
    state state_;
    violation why_ = violation::none;
};

}  // namespace curfew::http1
