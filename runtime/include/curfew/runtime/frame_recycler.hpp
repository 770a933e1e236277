#pragma once

#include <cstddef>

namespace curfew::runtime {

/// Gives the recycled coroutine frames of this thread back to the heap; how many bytes those were.
std::size_t drop_spare_frames() noexcept;

namespace detail {

/// Memory for coroutine frames: per thread, by size class of 64 bytes up to 4 KiB, at most 512 kept
/// a class. A frame that was freed is handed out again, so a step of a warm path allocates nothing.
/// Sanitized builds go straight to the heap, so that use after free is seen.
void* allocate_frame(std::size_t size);
void release_frame(void* frame, std::size_t size) noexcept;

}  // namespace detail

}  // namespace curfew::runtime
