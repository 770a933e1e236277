#include "process_files.hpp"

#include <gtest/gtest.h>

#include <random>

namespace curfew::process {
namespace {

TEST(process_files, resident_pages_are_the_second_word) {
    EXPECT_EQ(resident_pages("765 411 382 5 0 123 0\n"), 411u);
    EXPECT_EQ(resident_pages("765"), std::nullopt);
    EXPECT_EQ(resident_pages("765 -411"), std::nullopt);
    EXPECT_EQ(resident_pages(""), std::nullopt);
}

TEST(process_files, cpu_time_is_found_behind_any_command_name) {
    EXPECT_EQ(cpu_ticks("12 (curfew) S 1 2 3 4 5 6 7 8 9 10 100 23 0 0 20"), 123u);
    EXPECT_EQ(cpu_ticks("12 (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 100 23 0 0 20"), 123u);
    EXPECT_EQ(cpu_ticks("12 (curfew) S 1 2 3 4 5 6 7 8 9 10 100"), std::nullopt);
    EXPECT_EQ(cpu_ticks("no name at all"), std::nullopt);
}

TEST(process_files, the_machines_memory_is_told_in_bytes) {
    EXPECT_EQ(memory_total("MemTotal:       24684100 kB\nMemFree: 1 kB\n"), 24684100ull * 1024);
    EXPECT_EQ(memory_total("MemFree: 1 kB\nMemTotal: 2 kB"), 2048u);
    EXPECT_EQ(memory_total("MemTotal: 2 MB\n"), std::nullopt) << "an unknown unit";
    EXPECT_EQ(memory_total("XMemTotal: 2 kB\n"), std::nullopt);
}

TEST(process_files, allowed_cpus_are_counted_from_ranges) {
    EXPECT_EQ(allowed_cpus("Name: x\nCpus_allowed_list:\t0-3,7,10-11\nMems: 0\n"), 7u);
    EXPECT_EQ(allowed_cpus("Cpus_allowed_list:\t5"), 1u);
    EXPECT_EQ(allowed_cpus("Cpus_allowed_list:\t3-1\n"), std::nullopt);
    EXPECT_EQ(allowed_cpus("Cpus_allowed_list:\t\n"), std::nullopt);
    EXPECT_EQ(allowed_cpus("Cpus_allowed:\tff\n"), std::nullopt);
}

TEST(process_files, max_is_no_limit) {
    EXPECT_EQ(memory_limit("268435456\n"), 268435456u);
    EXPECT_EQ(memory_limit("max\n"), std::nullopt);
    EXPECT_EQ(cpu_quota("50000 100000\n"), 0.5);
    EXPECT_EQ(cpu_quota("max 100000\n"), std::nullopt);
    EXPECT_EQ(cpu_quota("300000\n", "100000\n"), 3.0);
    EXPECT_EQ(cpu_quota("-1\n", "100000\n"), std::nullopt);
    EXPECT_EQ(cpu_quota("100000 0\n"), std::nullopt) << "no division by zero";
}

TEST(process_files, version_two_has_one_place_for_everything) {
    const auto place = find_cgroup("0::/system.slice/curfew.service\n", "memory");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->mount, "");
    EXPECT_EQ(place->path, "/system.slice/curfew.service");
}

TEST(process_files, version_one_has_a_place_for_each_controller) {
    constexpr std::string_view hybrid =
        "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n0::/unified\n";
    EXPECT_EQ(find_cgroup(hybrid, "memory")->mount, "memory");
    EXPECT_EQ(find_cgroup(hybrid, "cpu")->mount, "cpu,cpuacct");
    EXPECT_EQ(find_cgroup(hybrid, "cpu")->path, "/docker/abc");
    EXPECT_EQ(find_cgroup(hybrid, "pids")->path, "/unified");
    EXPECT_FALSE(find_cgroup("5:memory:/docker/abc\n", "cpu"));
}

TEST(process_files, a_path_may_hold_colons_but_never_leads_outside) {
    EXPECT_EQ(find_cgroup("0::/a:b\n", "cpu")->path, "/a:b");
    EXPECT_EQ(find_cgroup("0::/../../etc\n", "cpu")->path, "/");
    EXPECT_EQ(find_cgroup("0::/a/../../etc\n", "cpu")->path, "/");
    EXPECT_FALSE(find_cgroup("0::relative\n", "cpu"));
}

TEST(process_files, any_bytes_are_survived) {
    std::mt19937 random{5};
    constexpr std::string_view letters = "0123456789 -,:/()\nmaxkB.MemTotal";
    for (int i = 0; i < 5000; ++i) {
        std::string text(random() % 60, ' ');
        for (char& c : text) {
            c = letters[random() % letters.size()];
        }
        (void)resident_pages(text);
        (void)cpu_ticks(text);
        (void)memory_total("MemTotal:" + text);
        (void)memory_limit(text);
        if (const auto cpus = allowed_cpus("Cpus_allowed_list:" + text)) {
            EXPECT_GT(*cpus, 0u);
        }
        if (const auto quota = cpu_quota(text)) {
            EXPECT_GT(*quota, 0);
        }
        if (const auto place = find_cgroup(text, "cpu")) {
            EXPECT_TRUE(place->path.starts_with('/'));
        }
    }
}

}  // namespace
}  // namespace curfew::process
