#include <curfew/runtime/frame_recycler.hpp>

#include <array>
#include <cstdlib>
#include <new>
#include <utility>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CURFEW_PLAIN_FRAMES 1
#endif
#endif

namespace curfew::runtime {

namespace {

constexpr std::size_t granule = 64;
constexpr std::size_t classes = 64;
[[maybe_unused]] constexpr std::size_t kept_a_class = 512;

struct free_frame {
    free_frame* next;
};

struct frame_stacks {
    std::array<free_frame*, classes> top{};
    std::array<std::size_t, classes> kept{};

    ~frame_stacks() { clear(); }

    std::size_t clear() noexcept {
        std::size_t bytes = 0;
        for (std::size_t index = 0; index < classes; ++index) {
            bytes += std::exchange(kept[index], 0) * index * granule;
            for (free_frame* frame = std::exchange(top[index], nullptr); frame != nullptr;) {
                std::free(std::exchange(frame, frame->next));
            }
        }
        return bytes;
    }
};

frame_stacks& mine() noexcept {
    thread_local frame_stacks stacks;
    return stacks;
}

constexpr std::size_t class_of(std::size_t size) noexcept {
    return (size + granule - 1) / granule;
}

}  // namespace

std::size_t drop_spare_frames() noexcept {
    return mine().clear();
}

namespace detail {

void* allocate_frame(std::size_t size) {
    const std::size_t index = class_of(size);
#ifndef CURFEW_PLAIN_FRAMES
    if (index < classes) {
        frame_stacks& stacks = mine();
        if (free_frame* frame = stacks.top[index]; frame != nullptr) {
            stacks.top[index] = frame->next;
            --stacks.kept[index];
            return frame;
        }
    }
#endif
    void* fresh = std::malloc(index * granule);
    if (fresh == nullptr) {
        throw std::bad_alloc{};
    }
    return fresh;
}

void release_frame(void* frame, std::size_t size) noexcept {
#ifndef CURFEW_PLAIN_FRAMES
    const std::size_t index = class_of(size);
    if (index < classes) {
        frame_stacks& stacks = mine();
        if (stacks.kept[index] < kept_a_class) {
            stacks.top[index] = new (frame) free_frame{stacks.top[index]};
            ++stacks.kept[index];
            return;
        }
    }
#else
    (void)size;
#endif
    std::free(frame);
}

}  // namespace detail

}  // namespace curfew::runtime
