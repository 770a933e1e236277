#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::ledger {

/// LEB128: seven bits a byte, the lowest first.
inline void put_varint(std::string& to, std::uint64_t value) {
    while (value >= 0x80) {
        to.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    to.push_back(static_cast<char>(value));
}

/// Reads numbers and texts one after another; once something is missing, everything is.
class varint_reader {
  public:
    explicit varint_reader(std::string_view from) noexcept : left_{from} {}

    [[nodiscard]] bool number(std::uint64_t& to) noexcept {
        to = 0;
        for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
            const auto next = static_cast<unsigned char>(left_.front());
            left_.remove_prefix(1);
            to |= static_cast<std::uint64_t>(next & 0x7f) << shift;
            if (next < 0x80) {
                return true;
            }
        }
        left_ = {};
        return false;
    }

    [[nodiscard]] bool text(std::string_view& to, std::uint64_t size) noexcept {
        if (left_.size() < size) {
            return false;
        }
        to = left_.substr(0, size);
        left_.remove_prefix(size);
        return true;
    }

    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }

  private:
    std::string_view left_;
};

}  // namespace curfew::ledger
