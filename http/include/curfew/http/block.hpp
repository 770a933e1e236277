#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace curfew::http {

/// A piece of buffer memory: 4, 16 or 64 KiB, recycled per thread (at most 256 kept a size), so
/// that a busy connection allocates nothing and an idle one holds nothing. Move-only.
/// Thread rule: taken and given back on one thread.
class block {
  public:
    static constexpr std::size_t small = 4 * 1024;
    static constexpr std::size_t usual = 16 * 1024;
    static constexpr std::size_t large = 64 * 1024;

    block() noexcept = default;

    /// At least `size` bytes; over 64 KiB it comes from the heap and goes back there.
    explicit block(std::size_t size);

    block(block&& other) noexcept
        : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

    block& operator=(block&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }

    ~block() { release(); }

    void release() noexcept;

    /// Gives the recycled pieces of this thread back to the heap; how many bytes those were.
    static std::size_t drop_spare() noexcept;

    [[nodiscard]] std::span<char> room() const noexcept { return {data_, size_}; }

    explicit operator bool() const noexcept { return data_ != nullptr; }

  private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace curfew::http
