#include <curfew/process/machine_sampler.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace curfew::process {
namespace {

constexpr std::string_view quiet = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";

// A root directory with the files a test wants, and nothing else.
struct machine_sampler_test : testing::Test {
    machine_sampler_test() {
        std::string name = (std::filesystem::temp_directory_path() / "curfew-XXXXXX").string();
        root = mkdtemp(name.data());
        put("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 250 kB\n");
        put("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
    }

    ~machine_sampler_test() override { std::filesystem::remove_all(root); }

    void put(const std::string& path, std::string_view text) const {
        std::filesystem::create_directories((root / path).parent_path());
        std::ofstream{root / path} << text;
    }

    std::filesystem::path root;
};

TEST_F(machine_sampler_test, without_a_limit_the_memory_is_the_machines) {
    const auto sample = machine_sampler{root}.sample();
    EXPECT_DOUBLE_EQ(sample.memory.value(), 0.75);
    EXPECT_FALSE(sample.memory_is_ours);
}

TEST_F(machine_sampler_test, of_several_cgroups_the_nearest_to_its_limit_counts) {
    put("proc/self/cgroup", "0::/outer/inner\n");
    put("sys/fs/cgroup/outer/inner/memory.max", "1000\n");
    put("sys/fs/cgroup/outer/inner/memory.current", "300\n");
    put("sys/fs/cgroup/outer/memory.max", "2000\n");
    put("sys/fs/cgroup/outer/memory.current", "1800\n");
    const auto sample = machine_sampler{root}.sample();
    EXPECT_DOUBLE_EQ(sample.memory.value(), 0.9);
    EXPECT_TRUE(sample.memory_is_ours);
}

TEST_F(machine_sampler_test, page_cache_that_can_go_at_once_does_not_count) {
    put("proc/self/cgroup", "0::/a\n");
    put("sys/fs/cgroup/a/memory.max", "1000\n");
    put("sys/fs/cgroup/a/memory.current", "900\n");
    put("sys/fs/cgroup/a/memory.stat", "anon 400\nfile 500\ninactive_file 450\n");
    EXPECT_DOUBLE_EQ(machine_sampler{root}.sample().memory.value(), 0.45);
}

TEST_F(machine_sampler_test, version_one_is_read_with_its_own_names) {
    put("proc/self/cgroup", "4:memory:/docker/abc\n");
    put("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "1000\n");
    put("sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "700\n");
    put("sys/fs/cgroup/memory/docker/abc/memory.stat",
        "inactive_file 1\ntotal_inactive_file 200\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "999999\n");
    EXPECT_DOUBLE_EQ(machine_sampler{root}.sample().memory.value(), 0.5);
}

TEST_F(machine_sampler_test, a_group_without_a_limit_leaves_it_to_the_machine) {
    put("proc/self/cgroup", "0::/a\n");
    put("sys/fs/cgroup/a/memory.max", "max\n");
    put("sys/fs/cgroup/a/memory.current", "900\n");
    EXPECT_DOUBLE_EQ(machine_sampler{root}.sample().memory.value(), 0.75);
}

TEST_F(machine_sampler_test, a_limit_of_nothing_is_used_up) {
    put("proc/self/cgroup", "0::/a\n");
    put("sys/fs/cgroup/a/memory.max", "0\n");
    put("sys/fs/cgroup/a/memory.current", "0\n");
    EXPECT_DOUBLE_EQ(machine_sampler{root}.sample().memory.value(), 1);
}

TEST_F(machine_sampler_test, cpu_is_the_share_since_the_sample_before) {
    machine_sampler sampler{root};
    put("proc/stat", "cpu  150 0 120 820 10 0 0 0 0 0\n");
    EXPECT_DOUBLE_EQ(sampler.sample().cpu.value(), 0.7);
    EXPECT_FALSE(sampler.sample().cpu) << "no time has passed";
    put("proc/stat", "cpu  150 0 120 820 10 0 0 100 0 0\n");
    EXPECT_DOUBLE_EQ(sampler.sample().cpu.value(), 1) << "all of it was stolen";
}

TEST_F(machine_sampler_test, time_that_runs_backwards_is_no_share) {
    machine_sampler sampler{root};
    put("proc/stat", "cpu  1 0 1 1 0 0 0 0 0 0\n");
    EXPECT_FALSE(sampler.sample().cpu);
    put("proc/stat", "cpu  2 0 1 2 0 0 0 0 0 0\n");
    EXPECT_DOUBLE_EQ(sampler.sample().cpu.value(), 0.5);
}

TEST_F(machine_sampler_test, stalls_are_the_worse_of_machine_and_own_cgroup) {
    put("proc/self/cgroup", "0::/a\n");
    put("proc/pressure/cpu", "some avg10=12.50 avg60=0.00 avg300=0.00 total=0\n");
    put("proc/pressure/memory", quiet);
    put("sys/fs/cgroup/a/cpu.pressure", "some avg10=5.00 avg60=0.00 avg300=0.00 total=0\n");
    put("sys/fs/cgroup/a/memory.pressure", "some avg10=40.00 avg60=0.0 avg300=0.0 total=0\n");
    const auto sample = machine_sampler{root}.sample();
    EXPECT_DOUBLE_EQ(sample.stalled_cpu.value(), 0.125);
    EXPECT_DOUBLE_EQ(sample.stalled_memory.value(), 0.4);
    EXPECT_FALSE(sample.stalled_io);
}

TEST_F(machine_sampler_test, what_cannot_be_read_or_says_nonsense_is_unknown) {
    const auto none = machine_sampler{root / "nowhere"}.sample();
    EXPECT_FALSE(none.memory || none.cpu || none.stalled_cpu || none.stalled_io);
    put("proc/meminfo", "MemTotal: many kB\n");
    put("proc/stat", "cpu  a b c\n");
    put("proc/pressure/io", "some avg10=-3 total=0\n");
    const auto nonsense = machine_sampler{root}.sample();
    EXPECT_FALSE(nonsense.memory || nonsense.cpu || nonsense.stalled_io);
}

TEST_F(machine_sampler_test, more_than_all_is_all) {
    put("proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 200 kB\n");
    put("proc/pressure/io", "some avg10=250.00 avg60=0.00 avg300=0.00 total=0\n");
    const auto sample = machine_sampler{root}.sample();
    EXPECT_DOUBLE_EQ(sample.memory.value(), 0);
    EXPECT_DOUBLE_EQ(sample.stalled_io.value(), 1);
}

TEST(machine_sampler, this_machine_tells_its_memory) {
    const auto sample = machine_sampler{}.sample();
    EXPECT_GT(sample.memory.value(), 0);
    EXPECT_LE(sample.memory.value(), 1);
}

}  // namespace
}  // namespace curfew::process
