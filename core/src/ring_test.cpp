#include <curfew/core/ring.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <thread>

namespace curfew {
namespace {

bool put(ring& to, std::string_view text) {
    std::byte* room = to.reserve(text.size());
    if (room == nullptr) return false;
    std::memcpy(room, text.data(), text.size());
    to.commit(text.size());
    return true;
}

std::string as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(ring, gives_back_what_was_put_in_in_order_as_a_queue_would) {
    std::mt19937_64 random{3};
    ring tried{4096};
    std::deque<std::string> model;
    std::size_t refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        if (random() % 3 != 0) {
            const std::string text(random() % 400 + 1, static_cast<char>('a' + i % 26));
            if (put(tried, text)) {
                model.push_back(text);
            } else {
                ++refused;
            }
        } else {
            tried.drain(random() % 8, [&](std::span<const std::byte> bytes) {
                ASSERT_FALSE(model.empty());
                EXPECT_EQ(as_text(bytes), model.front());
                model.pop_front();
            });
        }
    }
    EXPECT_GT(refused, 100U);
    const std::size_t left = model.size();
    EXPECT_EQ(tried.drain(1'000, [](auto) {}), left);
}

TEST(ring, uses_its_memory_and_is_never_full_when_empty) {
    ring tried{4096};
    int taken = 0;
    while (put(tried, std::string(120, 'x')))
        ++taken;
    EXPECT_EQ(taken, 4096 / 128);
    for (int i = 0; i < 1'000; ++i) {
        tried.drain(1'000, [](auto) {});
        EXPECT_TRUE(put(tried, std::string(static_cast<std::size_t>(i % 500) + 1, 'y')));
    }
}

TEST(ring, refuses_what_is_larger_than_an_eighth_of_it) {
    ring tried{4096};
    EXPECT_TRUE(put(tried, std::string(512 - 8, 'x')));
    EXPECT_FALSE(put(tried, std::string(512, 'x')));
}

TEST(ring, carries_numbers_between_two_threads_whole_and_in_order) {
    constexpr std::uint64_t last = 200'000;
    ring between{4096};
    std::thread producer{[&] {
        for (std::uint64_t i = 1; i <= last;) {
            const std::size_t size = sizeof i * (1 + i % 5);
            std::byte* room = between.reserve(size);
            if (room == nullptr) {
                std::this_thread::yield();
                continue;
            }
            for (std::size_t at = 0; at < size; at += sizeof i) {
                std::memcpy(room + at, &i, sizeof i);
            }
            between.commit(size);
            ++i;
        }
    }};
    std::uint64_t next = 1;
    bool sound = true;
    while (next <= last) {
        const auto seen = between.drain(64, [&](std::span<const std::byte> bytes) {
            sound = sound && bytes.size() == sizeof next * (1 + next % 5);
            for (std::size_t at = 0; sound && at < bytes.size(); at += sizeof next) {
                std::uint64_t got = 0;
                std::memcpy(&got, bytes.data() + at, sizeof got);
                sound = got == next;
            }
            ++next;
        });
        if (seen == 0) std::this_thread::yield();
    }
    producer.join();
    EXPECT_TRUE(sound);
}

}  // namespace
}  // namespace curfew
