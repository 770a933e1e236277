#include "batch_frame.hpp"

#include "ledger_scenario.hpp"

namespace curfew::ledger {
namespace {

std::span<const std::byte> bytes_of(const std::string& of) {
    return std::as_bytes(std::span{of});
}

batch some_batch(std::uint64_t seed) {
    batch made;
    random_events some{seed};
    for (int i = 0; i < 500; ++i) {
        const event what = some.next(time_point{});
        made.take(what, noon + std::chrono::seconds{i}, i % 3 == 0 ? 0U : 1U + i % 5);
    }
    made.count(fate::clock_stepped);
    EXPECT_TRUE(made.take(mark{noon - 1h, "v1.4"}));
    return made;
}

const frame_head head{{-7, "1.2.3", noon}, noon + 90s, true};

TEST(batch_frame, a_batch_comes_back_as_it_was) {
    const batch before = some_batch(std::random_device{}());
    const std::string frame = encode_frame(before, head);
    batch after;
    frame_head told;
    ASSERT_TRUE(decode_frame(bytes_of(frame), after, told));
    EXPECT_EQ(told.by.process, -7);
    EXPECT_EQ(told.by.version, "1.2.3");
    EXPECT_EQ(told.by.started, noon);
    EXPECT_EQ(told.at, noon + 90s);
    EXPECT_TRUE(told.stopped);
    EXPECT_EQ(after.what_became(), before.what_became());
    ASSERT_EQ(after.rows().size(), before.rows().size());
    for (std::size_t i = 0; i < after.rows().size(); ++i) {
        EXPECT_EQ(
            after.all_series()[after.rows()[i].what], before.all_series()[before.rows()[i].what]
        );
    }
    const std::string again = encode_frame(after, told);
    EXPECT_EQ(again.size(), frame.size());
    batch last;
    ASSERT_TRUE(decode_frame(bytes_of(again), last, told));
    EXPECT_EQ(last.minutes().size(), before.minutes().size());
}

TEST(batch_frame, names_of_former_batches_take_no_room) {
    batch what = some_batch(3);
    const auto before = encode_frame(what, head).size();
    what.clear();
    what.take(some_event("a"), noon, 0);
    EXPECT_LT(encode_frame(what, head).size(), 200U);
    EXPECT_GT(before, 10'000U);
}

TEST(batch_frame, no_byte_of_it_can_be_wrong_and_no_end_missing) {
    const std::string frame = encode_frame(some_batch(5), head);
    std::mt19937_64 random{7};
    for (int i = 0; i < 300; ++i) {
        std::string damaged = frame;
        damaged[random() % frame.size()] ^= static_cast<char>(1 + random() % 255);
        batch into;
        frame_head told;
        EXPECT_FALSE(decode_frame(bytes_of(damaged), into, told));
        EXPECT_FALSE(decode_frame(bytes_of(frame.substr(0, random() % frame.size())), into, told));
    }
    batch into;
    frame_head told;
    EXPECT_FALSE(decode_frame(bytes_of(frame + "x"), into, told));
}

}  // namespace
}  // namespace curfew::ledger
