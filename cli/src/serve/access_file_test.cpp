#include "access_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;

struct access_file_test : testing::Test {
    access_file_test() {
        std::string name = std::filesystem::temp_directory_path() / "curfew-access-XXXXXX";
        folder = ::mkdtemp(name.data());
        path = folder / "access.log";
    }

    ~access_file_test() override { std::filesystem::remove_all(folder); }

    [[nodiscard]] std::string text(const char* name = "access.log") const {
        std::ifstream file{folder / name};
        return {std::istreambuf_iterator{file}, {}};
    }

    std::filesystem::path folder;
    std::string path;
};

TEST_F(access_file_test, appends_to_what_is_there) {
    std::ofstream{path} << "before\n";
    access_file tried{path};
    ASSERT_TRUE(tried.open());
    EXPECT_EQ(tried.write("a\nb\n", time_point{1s}), 4U);
    EXPECT_EQ(text(), "before\na\nb\n");
}

TEST_F(access_file_test, a_file_that_was_moved_away_is_made_anew_within_a_second) {
    access_file tried{path};
    ASSERT_TRUE(tried.open());
    EXPECT_EQ(tried.write("one\n", time_point{1s}), 4U);
    std::filesystem::rename(path, folder / "access.log.1");
    EXPECT_EQ(tried.write("two\n", time_point{1500ms}), 4U) << "not looked at again yet";
    EXPECT_EQ(tried.write("three\n", time_point{2s}), 6U);
    EXPECT_EQ(text("access.log.1"), "one\ntwo\n");
    EXPECT_EQ(text(), "three\n");
}

TEST_F(access_file_test, a_file_that_cannot_be_opened_again_keeps_the_one_it_has) {
    access_file tried{path};
    ASSERT_TRUE(tried.open());
    EXPECT_EQ(tried.write("one\n", time_point{1s}), 4U);
    std::filesystem::rename(path, folder / "access.log.1");
    std::filesystem::create_directory(path);
    EXPECT_EQ(tried.write("two\n", time_point{3s}), 4U);
    EXPECT_EQ(text("access.log.1"), "one\ntwo\n");
}

TEST_F(access_file_test, a_full_disk_takes_nothing_and_says_why) {
    access_file tried{"/dev/full"};
    ASSERT_TRUE(tried.open());
    EXPECT_EQ(tried.write("one\n", time_point{1s}), 0U);
    EXPECT_EQ(tried.trouble(), ENOSPC);
}

}  // namespace
}  // namespace curfew::cli
