#include <curfew/policy/file.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace curfew::policy {
namespace {

namespace fs = std::filesystem;

struct files : testing::Test {
    files() {
        auto name = (fs::temp_directory_path() / "curfew-policy-XXXXXX").string();
        folder = ::mkdtemp(name.data());
    }

    ~files() override { fs::remove_all(folder); }

    std::string write(const std::string& name, std::string_view text) const {
        const auto path = (folder / name).string();
        std::ofstream{path} << text;
        return path;
    }

    fs::path folder;
};

using policy_file = files;

TEST_F(policy_file, is_read_whole) {
    const std::string text("a\0b\n", 4);
    EXPECT_EQ(read_file(write("curfew.toml", text)), text);
    EXPECT_EQ(read_file(write("empty", "")), "");
}

TEST_F(policy_file, of_one_byte_too_many_is_refused) {
    EXPECT_TRUE(read_file(write("most", std::string(file_bytes_max, ' '))));
    const auto more = read_file(write("more", std::string(file_bytes_max + 1, ' ')));
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().sentence, "it is larger than 1MiB, so it is no policy");
}

TEST_F(policy_file, that_is_no_file_is_refused_without_waiting) {
    const auto fifo = (folder / "fifo").string();
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    for (const auto& path : {fifo, std::string{"/dev/zero"}, std::string{"/dev/null"}}) {
        const auto read = read_file(path);
        ASSERT_FALSE(read) << path;
        EXPECT_EQ(read.error().sentence, "it is no regular file, so it is not read");
    }
    EXPECT_EQ(read_file(folder.string()).error().sentence, "it is a directory");
    EXPECT_EQ(
        read_file(folder.string()).error().hint,
        "name the file: " + folder.string() + "/curfew.toml"
    );
    EXPECT_FALSE(read_file((folder / "none").string()));
    EXPECT_FALSE(read_file(""));
}

TEST_F(policy_file, is_found_upward) {
    fs::create_directories(folder / "a/b");
    const auto deep = (folder / "a/b").string();
    const auto path = write("curfew.toml", "");
    const auto found = find_file(deep);
    ASSERT_TRUE(found);
    EXPECT_TRUE(fs::equivalent(*found, path));
    const auto nearer = write("a/curfew.toml", "");
    EXPECT_TRUE(fs::equivalent(*find_file(deep), nearer));
}

TEST_F(policy_file, that_cannot_be_read_is_found_and_not_passed_over) {
    fs::create_directories(folder / "a/curfew.toml");
    (void)write("curfew.toml", "");
    EXPECT_TRUE(fs::is_directory(*find_file((folder / "a").string())));
    fs::create_symlink("nowhere", folder / "dangling");
    fs::create_directories(folder / "b");
    fs::create_symlink("nowhere", folder / "b/curfew.toml");
    EXPECT_FALSE(read_file(*find_file((folder / "b").string())));
}

TEST_F(policy_file, is_written_whole_and_never_over_another) {
    const auto path = (folder / "curfew.toml").string();
    EXPECT_EQ(write_new_file(path, "one"), std::nullopt);
    EXPECT_EQ(read_file(path), "one");
    const auto refused = write_new_file(path, "two");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->sentence, "it exists already and is not overwritten");
    EXPECT_EQ(refused->code, errc::bad_usage);
    EXPECT_EQ(read_file(path), "one");
    EXPECT_EQ(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}), 1);
}

TEST_F(policy_file, is_not_written_through_a_link_or_into_nowhere) {
    fs::create_symlink("target", folder / "curfew.toml");
    EXPECT_TRUE(write_new_file((folder / "curfew.toml").string(), "x"));
    EXPECT_FALSE(fs::exists(folder / "target"));
    const auto nowhere = write_new_file((folder / "none/curfew.toml").string(), "x");
    ASSERT_TRUE(nowhere);
    EXPECT_EQ(nowhere->code, errc::io_error);
}

TEST_F(policy_file, is_replaced_with_its_permissions_and_nothing_is_left_behind) {
    const auto path = write("curfew.toml", "one");
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    EXPECT_EQ(replace_file(path, "one", "two"), std::nullopt);
    EXPECT_EQ(read_file(path), "two");
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0640U);
    EXPECT_EQ(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}), 1);
}

TEST_F(policy_file, that_somebody_changed_meanwhile_is_not_replaced) {
    const auto path = write("curfew.toml", "theirs");
    const auto refused = replace_file(path, "one", "two");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, errc::bad_usage);
    EXPECT_EQ(read_file(path), "theirs");
    EXPECT_EQ(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}), 1);
    EXPECT_TRUE(replace_file((folder / "none").string(), "", "x"));
    EXPECT_FALSE(fs::exists(folder / "none"));
}

TEST_F(policy_file, behind_a_link_is_replaced_and_the_link_stays) {
    fs::create_directories(folder / "real");
    const auto real = write("real/policy.toml", "one");
    const auto link = folder / "curfew.toml";
    fs::create_symlink("real/policy.toml", link);
    EXPECT_EQ(replace_file(link.string(), "one", "two"), std::nullopt);
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(read_file(real), "two");
}

}  // namespace
}  // namespace curfew::policy
