#include <curfew/http/block.hpp>

#include <array>
#include <cstdlib>
#include <new>

namespace curfew::http {

namespace {

constexpr std::array sizes{block::small, block::usual, block::large};
constexpr std::size_t kept_a_size = 256;

struct shelf {
    std::array<char*, kept_a_size> kept{};
    std::size_t count = 0;
};

struct shelves {
    std::array<shelf, sizes.size()> by_size;

    ~shelves() { clear(); }

    std::size_t clear() noexcept {
        std::size_t bytes = 0;
        for (std::size_t index = 0; index < sizes.size(); ++index) {
            shelf& each = by_size[index];
            bytes += each.count * sizes[index];
            while (each.count > 0) {
                std::free(each.kept[--each.count]);
            }
        }
        return bytes;
    }
};

shelves& mine() noexcept {
    thread_local shelves of_this_thread;
    return of_this_thread;
}

constexpr std::size_t index_for(std::size_t size) noexcept {
    std::size_t index = 0;
    while (index < sizes.size() && sizes[index] < size) {
        ++index;
    }
    return index;
}

}  // namespace

block::block(std::size_t size) {
    const std::size_t index = index_for(size);
    size_ = index < sizes.size() ? sizes[index] : size;
    if (index < sizes.size()) {
        shelf& from = mine().by_size[index];
        if (from.count > 0) {
            data_ = from.kept[--from.count];
            return;
        }
    }
    data_ = static_cast<char*>(std::malloc(size_));
    if (data_ == nullptr) {
        throw std::bad_alloc{};
    }
}

std::size_t block::drop_spare() noexcept {
    return mine().clear();
}

void block::release() noexcept {
    if (data_ == nullptr) {
        return;
    }
    const std::size_t index = index_for(size_);
    if (index < sizes.size()) {
        shelf& to = mine().by_size[index];
        if (to.count < kept_a_size) {
            to.kept[to.count++] = data_;
            data_ = nullptr;
            size_ = 0;
            return;
        }
    }
    std::free(data_);
    data_ = nullptr;
    size_ = 0;
}

}  // namespace curfew::http
