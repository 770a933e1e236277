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

namespace curfew::runtime::detail {

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

    ~frame_stacks() {
        for (free_frame* frame : top) {
            while (frame != nullptr) {
                std::free(std::exchange(frame, frame->next));
            }
        }
    }
};

[[maybe_unused]] frame_stacks& mine() noexcept {
    thread_local frame_stacks stacks;
    return stacks;
}

constexpr std::size_t class_of(std::size_t size) noexcept {
    return (size + granule - 1) / granule;
}

}  // namespace

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

}  // namespace curfew::runtime::detail
