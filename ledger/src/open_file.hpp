#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace curfew::ledger {

/// A descriptor that is closed at the end; negative where opening failed (errno says why).
class open_file {
  public:
    open_file(const std::string& path, int flags, int mode = 0) noexcept
        : number_{::open(path.c_str(), flags | O_CLOEXEC, mode)} {}

    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;

    ~open_file() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }

    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

    [[nodiscard]] int number() const noexcept { return number_; }

  private:
    int number_;
};

/// "." for a plain name.
[[nodiscard]] inline std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace curfew::ledger
