#include "ledger_scenario.hpp"
#include "schema.hpp"

namespace curfew::ledger {
namespace {

class reader_lists : public ledger_scenario {
  protected:
    /// So many processes and marks, a second apart.
    void make_many(int count) {
        begin();
        step();
        ASSERT_TRUE(finish());
        auto on = database::open(path, {});
        ASSERT_TRUE(on);
        const std::string sql =
            "DELETE FROM instance;"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<" +
            std::to_string(count) +
            ") INSERT INTO instance SELECT i, 1000+i, 'v', i*1000000000, i*1000000000, 1 FROM n;"
            "INSERT INTO mark(at_ns, text) SELECT started_ns, process FROM instance ORDER BY -id";
        ASSERT_TRUE(on->run(sql.c_str()));
    }
};

TEST_F(reader_lists, of_too_many_the_newest_are_told_oldest_first) {
    make_many(10'003);
    auto reads = *reader::open(path);
    const auto processes = *reads.instances({});
    ASSERT_EQ(processes.size(), 10'000U);
    EXPECT_EQ(processes.front().id, 4);
    EXPECT_EQ(processes.back().id, 10'003);
    const auto marks = *reads.marks({});
    ASSERT_EQ(marks.size(), 10'000U);
    EXPECT_EQ(marks.front().text, "1004");
    EXPECT_EQ(marks.back().text, "11003");
}

TEST_F(reader_lists, a_process_is_found_among_however_many) {
    make_many(10'003);
    auto reads = *reader::open(path);
    const auto first = *reads.find_instance(1);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->process, 1'001);
    EXPECT_EQ(first->started, wall_time{1s});
    EXPECT_TRUE(first->stopped);
    EXPECT_FALSE(*reads.find_instance(0));
    EXPECT_FALSE(*reads.find_instance(10'004));
}

}  // namespace
}  // namespace curfew::ledger
