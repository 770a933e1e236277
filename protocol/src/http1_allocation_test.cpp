#include "http1_samples.hpp"
#include <curfew/protocol/http1_body.hpp>
#include <curfew/protocol/http1_parser.hpp>
#include <curfew/protocol/http1_path.hpp>
#include <curfew/protocol/http1_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>

namespace {

thread_local int allocations = 0;

}  // namespace

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COUNTED_BY_SANITIZER
#endif
#endif

#ifdef COUNTED_BY_SANITIZER

// The thread sanitizer brings an operator new that cannot be replaced, and a hook.
extern "C" void __sanitizer_malloc_hook(const volatile void* /*memory*/, std::size_t /*size*/) {
    ++allocations;
}

#else

// Not inlined: g++ 12 then takes malloc and free for a mismatched pair.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}

// NOLINTBEGIN(clang-analyzer-cplusplus.NewDelete): this is what frees, and not who frees twice
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

// NOLINTEND(clang-analyzer-cplusplus.NewDelete)

#endif

namespace curfew::http1 {

namespace {

TEST(http1, allocates_nothing_from_the_first_byte_to_the_last) {
    std::array<field, 100> storage;
    std::array<char, 4096> room;
    int accepted = 0;
    const int before = allocations;

    request_parser requests{storage};
    for (const std::string_view message : samples::good_requests) {
        accepted += requests.step(message) == progress::done;
        wire_writer out{room};
        out.request_line(requests.head().method_name, requests.head().target);
        for (const field& one : requests.head().fields)
            out.field_line(one);
        out.end_head();
        accepted += normalise_path(requests.head().path, room).has_value();
        requests.reset();
        accepted += requests.step("bad\n") == progress::failed;
        requests.reset();
    }
    response_parser responses{storage, method_id::get};
    for (const std::string_view message : samples::good_responses) {
        accepted += responses.step(message) == progress::done;
        responses.reset(method_id::get);
    }
    body_decoder body{{body_kind::chunked, 0}};
    const auto first = body.step("5;a\r\nhello\r\n0\r\nX: y\r\n\r\n");
    accepted += first.data == "hello";

    EXPECT_EQ(allocations, before);
    EXPECT_GT(accepted, 30);
}

TEST(http1, an_allocation_would_have_been_counted) {
    const int before = allocations;
    ::operator delete(::operator new(1));
    EXPECT_EQ(allocations, before + 1);
}

}  // namespace

}  // namespace curfew::http1
