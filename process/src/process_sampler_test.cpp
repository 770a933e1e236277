#include <curfew/process/process_sampler.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace curfew::process {
namespace {

using namespace std::chrono_literals;

constexpr time_point start = time_point{} + 1h;

// A root directory with the files a test wants, and nothing else.
struct process_sampler_test : testing::Test {
    process_sampler_test() {
        std::string name = (std::filesystem::temp_directory_path() / "curfew-XXXXXX").string();
        root = mkdtemp(name.data());
        put("proc/self/statm", "1000 512 0 0 0 0 0\n");
        put("proc/self/status", "Cpus_allowed_list:\t0-3\n");
        put("proc/meminfo", "MemTotal: 8192 kB\n");
        use_ticks(0);
    }

    ~process_sampler_test() override { std::filesystem::remove_all(root); }

    void put(const std::string& path, std::string_view text) const {
        std::filesystem::create_directories((root / path).parent_path());
        std::ofstream{root / path} << text;
    }

    void use_ticks(int ticks) const {
        put("proc/self/stat", "1 (x) S 1 1 1 1 1 1 1 1 1 1 " + std::to_string(ticks) + " 0 0");
    }

    std::filesystem::path root;
    const long ticks_a_second = sysconf(_SC_CLK_TCK);

    const std::uint64_t page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
};

TEST_F(process_sampler_test, without_a_cgroup_the_machine_is_the_limit) {
    process_sampler sampler{start, root};
    const auto& sample = sampler.sample(start);
    EXPECT_EQ(sample.resident_bytes, 512 * page);
    EXPECT_EQ(sample.memory_limit, 8192u * 1024);
    EXPECT_DOUBLE_EQ(sample.memory_percent, 100.0 * 512 * double(page) / (8192 * 1024));
    EXPECT_EQ(sample.cpus, 4);
}

TEST_F(process_sampler_test, the_tightest_limit_up_to_the_root_holds) {
    put("proc/self/cgroup", "0::/outer/inner\n");
    put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
    put("sys/fs/cgroup/outer/inner/cpu.max", "300000 100000\n");
    put("sys/fs/cgroup/outer/memory.max", "4194304\n");
    put("sys/fs/cgroup/outer/cpu.max", "150000 100000\n");
    process_sampler sampler{start, root};
    EXPECT_EQ(sampler.sample(start).memory_limit, 4194304u);
    EXPECT_EQ(sampler.sample(start).cpus, 1.5);
}

TEST_F(process_sampler_test, version_one_is_read_from_its_own_hierarchies) {
    put("proc/self/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "2097152\n");
    put("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "200000\n");
    put("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
    process_sampler sampler{start, root};
    EXPECT_EQ(sampler.sample(start).memory_limit, 2097152u);
    EXPECT_EQ(sampler.sample(start).cpus, 2);
}

TEST_F(process_sampler_test, an_unlimited_version_one_group_leaves_the_machines_limit) {
    put("proc/self/cgroup", "4:memory:/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    process_sampler sampler{start, root};
    EXPECT_EQ(sampler.sample(start).memory_limit, 8192u * 1024);
}

TEST_F(process_sampler_test, cpu_percent_is_the_share_of_what_may_be_used) {
    process_sampler sampler{start, root};
    use_ticks(static_cast<int>(ticks_a_second * 2));
    const auto& sample = sampler.sample(start + 2s);
    EXPECT_DOUBLE_EQ(sample.cpu_percent, 25) << "one CPU of four";
    EXPECT_DOUBLE_EQ(sample.cpu_seconds, 2);
    EXPECT_DOUBLE_EQ(sampler.sample(start + 4s).cpu_percent, 0) << "idle since";
}

TEST_F(process_sampler_test, asked_again_within_a_second_tells_the_last_sample) {
    process_sampler sampler{start, root};
    use_ticks(static_cast<int>(ticks_a_second));
    EXPECT_EQ(sampler.sample(start + 999ms).cpu_percent, 0);
    EXPECT_DOUBLE_EQ(sampler.sample(start + 1s).cpu_percent, 25);
    use_ticks(static_cast<int>(ticks_a_second * 100));
    EXPECT_DOUBLE_EQ(sampler.sample(start + 1500ms).cpu_percent, 25);
}

TEST_F(process_sampler_test, a_share_stays_between_nothing_and_all) {
    use_ticks(1000);
    process_sampler sampler{start, root};
    use_ticks(500);
    EXPECT_EQ(sampler.sample(start + 1s).cpu_percent, 0);
    use_ticks(1'000'000);
    EXPECT_EQ(sampler.sample(start + 2s).cpu_percent, 100);
}

TEST_F(process_sampler_test, what_cannot_be_read_is_zero_and_harms_nothing) {
    process_sampler sampler{start, root / "nowhere"};
    const auto& sample = sampler.sample(start + 1s);
    EXPECT_EQ(sample.resident_bytes, 0u);
    EXPECT_EQ(sample.memory_limit, 0u);
    EXPECT_EQ(sample.memory_percent, 0);
    EXPECT_EQ(sample.cpu_percent, 0);
}

TEST_F(process_sampler_test, this_very_process_uses_some_memory_of_a_known_limit) {
    process_sampler sampler{start};
    const auto& sample = sampler.sample(start);
    EXPECT_GT(sample.resident_bytes, 1u << 20);
    EXPECT_GT(sample.memory_percent, 0);
    EXPECT_LT(sample.memory_percent, 100);
    EXPECT_GT(sample.cpus, 0);
}

}  // namespace
}  // namespace curfew::process
