#pragma once

#include <curfew/protocol/http1_message.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace curfew::http1 {

/// Appends to a buffer of fixed size. What does not fit whole is not written at all, and from then
/// on nothing is: one check of ok() after the last write tells whether the message is complete.
/// Nothing can be smuggled through it either: a name or a value with forbidden bytes stops it too.
class wire_writer {
  public:
    enum class trouble : std::uint8_t {
        none,
        no_room,  ///< the buffer is too small
        invalid,  ///< a name, value, target or reason that would break the message
    };

    explicit wire_writer(std::span<char> room) noexcept : room_{room} {}

    [[nodiscard]] bool ok() const noexcept { return trouble_ == trouble::none; }

    [[nodiscard]] trouble why() const noexcept { return trouble_; }

    [[nodiscard]] std::string_view written() const noexcept { return {room_.data(), size_}; }

    [[nodiscard]] std::size_t room_left() const noexcept { return room_.size() - size_; }

    void clear() noexcept;

    // Bytes as they are.
    void text(std::string_view bytes) noexcept;
    void decimal(std::uint64_t number) noexcept;

    // Heads: a start line, fields, end_head().
    /// `GET /path HTTP/1.1`. The target must be visible ASCII.
    void request_line(std::string_view method, std::string_view target) noexcept;
    /// `HTTP/1.1 404 Not Found`; the usual reason when none is given.
    void status_line(int status, std::string_view reason = {}) noexcept;
    void field_line(std::string_view name, std::string_view value) noexcept;
    void field_line(field_id name, std::string_view value) noexcept;
    void field_line(field_id name, std::uint64_t value) noexcept;
    /// As it was parsed, name spelling included; not checked again.
    void field_line(const field& parsed) noexcept;
    void end_head() noexcept;

    // Bodies: chunk_head, the data, chunk_tail; last_chunk.
    /// `size` must not be 0: that would end the body.
    void chunk_head(std::uint64_t size) noexcept;

    void chunk_tail() noexcept { text("\r\n"); }

    void last_chunk() noexcept { text("0\r\n\r\n"); }

  private:
    void join(std::initializer_list<std::string_view> parts) noexcept;
    void refuse(trouble what) noexcept;

    std::span<char> room_;
    std::size_t size_ = 0;
    trouble trouble_ = trouble::none;
};

/// Room that chunk_head() needs at most: 16 digits and CRLF.
inline constexpr std::size_t chunk_head_bytes = 18;

}  // namespace curfew::http1
