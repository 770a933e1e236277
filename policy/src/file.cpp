#include <curfew/policy/file.hpp>

#include <climits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace curfew::policy {

namespace {

class descriptor {
  public:
    explicit descriptor(int number) noexcept : number_{number} {}

    descriptor(descriptor&&) = delete;

    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    [[nodiscard]] int get() const noexcept { return number_; }

  private:
    int number_;
};

problem complain(errc code, const std::string& path, std::string sentence, std::string hint = {}) {
    problem what;
    what.code = code;
    what.origin = what.file = path;
    what.sentence = std::move(sentence);
    what.hint = std::move(hint);
    return what;
}

std::string system_says(const char* what) {
    return std::string{what} + ": " + std::strerror(errno);
}

std::expected<std::string, problem> read_all(int from, const std::string& path) {
    std::string text(file_bytes_max + 1, '\0');
    std::size_t used = 0;
    while (used < text.size()) {
        const auto count = ::read(from, text.data() + used, text.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0)
            return std::unexpected{
                complain(errc::policy_unreadable, path, system_says("it cannot be read"))
            };
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
    }
    text.resize(used);
    if (used > file_bytes_max) {
        return std::unexpected{
            complain(errc::policy_unreadable, path, "it is larger than 1MiB, so it is no policy")
        };
    }
    return text;
}

bool write_all(int to, std::string_view content) {
    while (!content.empty()) {
        const auto count = ::write(to, content.data(), content.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    return ::fsync(to) == 0;
}

// Unlike rename, both refuse a name that exists; not every file system knows both.
bool give_new_name(const std::string& from, const std::string& to) {
    if (::link(from.c_str(), to.c_str()) == 0) {
        ::unlink(from.c_str());
        return true;
    }
    if (errno == EEXIST) return false;
    return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0;
}

bool exists(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

std::expected<std::string, problem> read_file(const std::string& path) {
    const descriptor file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
    if (file.get() < 0) {
        const auto hint = errno == ENOENT ? "`curfew init` writes one" : "";
        return std::unexpected{
            complain(errc::policy_unreadable, path, system_says("it cannot be opened"), hint)
        };
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) {
        return std::unexpected{
            complain(errc::policy_unreadable, path, system_says("it cannot be read"))
        };
    }
    if (S_ISDIR(status.st_mode)) {
        return std::unexpected{complain(
            errc::policy_unreadable,
            path,
            "it is a directory",
            "name the file: " + path + "/curfew.toml"
        )};
    }
    if (!S_ISREG(status.st_mode)) {
        return std::unexpected{
            complain(errc::policy_unreadable, path, "it is no regular file, so it is not read")
        };
    }
    return read_all(file.get(), path);
}

std::optional<std::string> find_file(const std::string& directory) {
    constexpr int levels_max = 256;
    struct stat before{};
    std::string prefix;
    for (int level = 0; level < levels_max; ++level) {
        const auto here = directory + '/' + prefix;
        struct stat now{};
        if (::stat(here.c_str(), &now) != 0) return std::nullopt;
        const bool at_root =
            level > 0 && now.st_ino == before.st_ino && now.st_dev == before.st_dev;
        if (at_root) return std::nullopt;
        if (exists(here + "curfew.toml")) {
            return (directory == "." ? prefix : here) + "curfew.toml";
        }
        before = now;
        prefix += "../";
    }
    return std::nullopt;
}

std::optional<problem> write_new_file(const std::string& path, std::string_view content) {
    const auto draft = path + ".new-" + std::to_string(::getpid());
    {
        const descriptor file{
            ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644)
        };
        if (file.get() < 0)
            return complain(errc::io_error, path, system_says("it cannot be written"));
        if (!write_all(file.get(), content)) {
            const auto sentence = system_says("it cannot be written");
            ::unlink(draft.c_str());
            return complain(errc::io_error, path, sentence);
        }
    }
    if (give_new_name(draft, path)) return std::nullopt;
    const int error = errno;
    ::unlink(draft.c_str());
    if (error == EEXIST) {
        return complain(
            errc::bad_usage,
            path,
            "it exists already and is not overwritten",
            "edit it, or move it away"
        );
    }
    errno = error;
    return complain(errc::io_error, path, system_says("it cannot be written"));
}

std::optional<problem> replace_file(
    const std::string& path, std::string_view before, std::string_view after
) {
    char resolved[PATH_MAX];
    const char* real = ::realpath(path.c_str(), resolved);
    struct stat old{};
    if (real == nullptr || ::stat(real, &old) != 0) {
        return complain(errc::policy_unreadable, path, system_says("it cannot be opened"));
    }
    const auto draft = std::string{real} + ".new-" + std::to_string(::getpid());
    {
        const descriptor file{
            ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
        };
        if (file.get() < 0)
            return complain(errc::io_error, path, system_says("it cannot be written"));
        // Another owner's file becomes ours where the system does not let it stay theirs.
        (void)!::fchown(file.get(), old.st_uid, old.st_gid);
        if (::fchmod(file.get(), old.st_mode & 07777) != 0 || !write_all(file.get(), after)) {
            const auto sentence = system_says("it cannot be written");
            ::unlink(draft.c_str());
            return complain(errc::io_error, path, sentence);
        }
    }
    auto now = read_file(real);
    if (!now || *now != before) {
        ::unlink(draft.c_str());
        return now ? complain(
                         errc::bad_usage,
                         path,
                         "it was changed by somebody else meanwhile, and is left as it is",
                         "run the command again"
                     )
                   : std::move(now.error());
    }
    if (::rename(draft.c_str(), real) == 0) return std::nullopt;
    const auto sentence = system_says("it cannot be written");
    ::unlink(draft.c_str());
    return complain(errc::io_error, path, sentence);
}

}  // namespace curfew::policy
