#include "http1_bytes.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/protocol/http1_path.hpp>

namespace curfew::http1 {

using namespace detail;

namespace {

constexpr std::string_view upper_digits = "0123456789ABCDEF";

// The byte an escape at the beginning of `text` stands for; 0, which no path may hold, for none.
unsigned char read_escape(std::string_view text) noexcept {
    if (text.size() < 3 || !is(text[1], in_hex) || !is(text[2], in_hex)) return 0;
    return static_cast<unsigned char>(hex_value(text[1]) * 16 + hex_value(text[2]));
}

bool is_normal_escape(std::string_view text) noexcept {
    const unsigned char byte = read_escape(text);
    return byte != 0 && !is(static_cast<char>(byte), in_host) &&
           text[1] == upper_digits[byte >> 4] && text[2] == upper_digits[byte & 15];
}

bool is_dot_segment(std::string_view from) noexcept {
    if (!from.starts_with('.')) return false;
    from.remove_prefix(from.starts_with("..") ? 2 : 1);
    return from.empty() || from.front() == '/';
}

// The normal form so far, always ending in the segment that is being read.
class segments {
  public:
    explicit segments(std::span<char> room) noexcept : room_{room} {}

    void push(char byte) noexcept { room_[size_++] = byte; }

    // At a slash or the path's end. False for `..` above the root.
    bool end_segment() noexcept {
        const std::string_view last = text().substr(begin_);
        if (last == ".") {
            size_ = begin_;
        } else if (last == "..") {
            if (begin_ == 1) return false;
            begin_ = size_ = text().rfind('/', begin_ - 2) + 1;
        } else {
            kept_ = true;
            return true;
        }
        kept_ = false;
        return true;
    }

    void separate() noexcept {
        if (kept_) push('/');
        begin_ = size_;
    }

    [[nodiscard]] std::string_view text() const noexcept { return {room_.data(), size_}; }

  private:
    std::span<char> room_;
    std::size_t size_ = 0;
    std::size_t begin_ = 0;
    bool kept_ = true;
};

}  // namespace

bool is_normal_path(std::string_view path) noexcept {
    if (!path.starts_with('/')) return false;
    for (std::size_t at = 0; at < path.size(); ++at) {
        if (path[at] == '%' && !is_normal_escape(path.substr(at))) return false;
        if (path[at] == '/' && is_dot_segment(path.substr(at + 1))) return false;
    }
    return true;
}

std::expected<std::string_view, violation> normalise_path(
    std::string_view path, std::span<char> room
) noexcept {
    expects(room.size() >= path.size(), "normalise_path: room for the whole path");
    if (!path.starts_with('/')) return std::unexpected{violation::target};
    segments out{room};
    out.separate();
    for (std::size_t at = 1; at < path.size(); ++at) {
        if (path[at] == '/') {
            if (!out.end_segment()) return std::unexpected{violation::target};
            out.separate();
        } else if (path[at] != '%') {
            out.push(path[at]);
        } else {
            const unsigned char byte = read_escape(path.substr(at));
            if (byte == 0) return std::unexpected{violation::target};
            at += 2;
            if (is(static_cast<char>(byte), in_host)) {
                out.push(static_cast<char>(byte));
            } else {
                out.push('%');
                out.push(upper_digits[byte >> 4]);
                out.push(upper_digits[byte & 15]);
            }
        }
    }
    if (!out.end_segment()) return std::unexpected{violation::target};
    return out.text();
}

}  // namespace curfew::http1
