#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/process/unit.hpp>

#include <memory>
#include <string>

namespace curfew::process {

/// Makes every CPython that a command starts able to tell its stacks: a private directory with a
/// `sitecustomize.py`, put first on PYTHONPATH, which registers faulthandler for a real-time signal
/// (SIGRTMIN+26) that writes to a private file, and then runs the sitecustomize it hid. Programs
/// started with -S, -E or -I, or under another user, are not reached.
///
/// Made in the first writable of $XDG_RUNTIME_DIR, $TMPDIR, /dev/shm, /run, /tmp, so it works on a
/// read-only root; removed when destroyed. Thread rule: none, it is only kept.
class python_hook {
  public:
    /// Errors: io_error with errno when no directory is writable.
    [[nodiscard]] static result<std::unique_ptr<python_hook>> make();

    python_hook(const python_hook&) = delete;
    python_hook& operator=(const python_hook&) = delete;
    ~python_hook();

    /// Adds what the hook needs to the command's environment.
    void arm(command& what) const;

    /// Where the stacks are written: for dump_request::python_stacks.
    [[nodiscard]] const std::string& stacks() const noexcept { return stacks_; }

  private:
    explicit python_hook(std::string directory);

    std::string directory_;
    std::string stacks_;
};

}  // namespace curfew::process
