#include "python_stack.hpp"
#include <curfew/process/python_hook.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace curfew::process {
namespace {

// Runs in every Python of the unit, before its program: it must never fail, print, or stay on the
// path. The sitecustomize that it hides, if any, is run after it.
constexpr std::string_view program = R"(import os as _os, sys as _sys

def _arm():
    import faulthandler, fcntl
    low = _os.open(_os.environ['CURFEW_STACKS'], _os.O_WRONLY | _os.O_APPEND)
    stacks = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 10)  # never in the place of a closed stream
    _os.close(low)
    faulthandler.register(int(_os.environ['CURFEW_STACKS_SIGNAL']), file=stacks, all_threads=True)

def _run_hidden():
    here = _os.path.dirname(_os.path.abspath(__file__))
    _sys.path[:] = [entry for entry in _sys.path if entry != here]
    ours = _sys.modules.pop(__name__)
    try:
        import sitecustomize
    except ImportError as absent:
        _sys.modules[__name__] = ours
        if getattr(absent, 'name', None) not in (None, 'sitecustomize'):
            raise

try:
    _arm()
except Exception:
    pass
_run_hidden()
)";

bool write_file(const std::string& path, std::string_view text) {
    const runtime::descriptor file{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
    };
    return file &&
           ::write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string make_directory() {
    const std::array<const char*, 5> places{
        std::getenv("XDG_RUNTIME_DIR"),
        std::getenv("TMPDIR"),
        "/dev/shm",
        "/run",
        "/tmp",
    };
    for (const auto* place : places) {
        auto path = std::string{place != nullptr ? place : ""} + "/curfew-XXXXXX";
        if (path.front() == '/' && place != nullptr && *place != '\0' &&
            ::mkdtemp(path.data()) != nullptr) {
            return path;
        }
    }
    return {};
}

std::string inherited_python_path(const command& what) {
    const auto told = std::ranges::find(
        what.environment.rbegin(),
        what.environment.rend(),
        "PYTHONPATH",
        &std::pair<std::string, std::string>::first
    );
    if (told != what.environment.rend()) {
        return told->second;
    }
    const char* ours = std::getenv("PYTHONPATH");
    return ours != nullptr ? ours : "";
}

}  // namespace

result<std::unique_ptr<python_hook>> python_hook::make() {
    auto directory = make_directory();
    if (directory.empty()) {
        return fail(errc::io_error, errno);
    }
    std::unique_ptr<python_hook> hook{new python_hook{std::move(directory)}};
    if (!write_file(hook->directory_ + "/sitecustomize.py", program) ||
        !write_file(hook->stacks_, {})) {
        return fail(errc::io_error, errno);
    }
    return hook;
}

python_hook::python_hook(std::string directory)
    : directory_{std::move(directory)}, stacks_{directory_ + "/stacks.txt"} {}

python_hook::~python_hook() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);  // Python has left a __pycache__ there
}

void python_hook::arm(command& what) const {
    auto path = inherited_python_path(what);
    path = path.empty() ? directory_ : directory_ + ':' + path;
    what.environment.emplace_back("PYTHONPATH", std::move(path));
    what.environment.emplace_back("PYTHONFAULTHANDLER", "1");
    what.environment.emplace_back("CURFEW_STACKS", stacks_);
    what.environment.emplace_back("CURFEW_STACKS_SIGNAL", std::to_string(python_signal()));
}

}  // namespace curfew::process
