#include "leak.hpp"

#include <algorithm>
#include <cstring>

namespace shop {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t most_mebibytes = 1024;

}  // namespace

leak::leak() : thread_{[this](const std::stop_token& stop) { grow(stop); }} {}

void leak::grow(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto room = most_mebibytes - leaked_;
        for (std::size_t i = std::min<std::size_t>(rate_, room); i > 0; --i) {
            auto& block = kept_.emplace_back(new char[mebibyte]);
            std::memset(block.get(), 1, mebibyte);  // untouched pages would not count
            ++leaked_;
        }
        std::this_thread::sleep_for(std::chrono::seconds{1});
    }
}

}  // namespace shop
