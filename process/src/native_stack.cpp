#include "native_stack.hpp"

#include "child_wait.hpp"

#include <elfutils/libdwfl.h>

#include <cxxabi.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace curfew::process {
namespace {

constexpr std::size_t most_stacks = 64;
constexpr std::size_t most_frames = 48;
constexpr duration stop_patience = std::chrono::milliseconds{100};

time_point now() {
    return steady_clock{}.now();
}

// A thread held by ptrace; let go when destroyed.
class held_thread {
  public:
    explicit held_thread(pid_t tid) noexcept : tid_{tid} {}

    held_thread(held_thread&& other) noexcept
        : tid_{std::exchange(other.tid_, 0)}, stopped_{other.stopped_} {}

    held_thread(const held_thread&) = delete;
    held_thread& operator=(const held_thread&) = delete;

    ~held_thread() {
        if (tid_ != 0) {
            ::ptrace(PTRACE_DETACH, tid_, nullptr, nullptr);
        }
    }

    [[nodiscard]] pid_t tid() const noexcept { return tid_; }

    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

    void look() noexcept {
        int status = 0;
        if (!stopped_ && ::waitpid(tid_, &status, __WALL | WNOHANG) == tid_) {
            stopped_ = WIFSTOPPED(status);
        }
    }

  private:
    pid_t tid_;
    bool stopped_ = false;
};

// Seizes it and waits until it stands still. Nothing when it is gone, or `trouble` says why not.
std::optional<held_thread> hold(pid_t tid, time_point until, std::string& trouble) {
    if (::ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) {
        if (errno != ESRCH) {
            trouble = std::string{"ptrace refused: "} + std::strerror(errno);
        }
        return std::nullopt;
    }
    std::optional<held_thread> held{tid};
    ::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
    until = std::min(until, add_saturated(now(), stop_patience));
    for (held->look(); !held->stopped() && now() < until; held->look()) {
        ::poll(nullptr, 0, 1);
    }
    if (!held->stopped()) {
        trouble = "some threads do not stop (state D)";
        return std::nullopt;
    }
    return held;
}

/// The thread pointer, which is glibc's pthread_t where the thread block begins with itself.
std::uint64_t handle_of([[maybe_unused]] pid_t stopped) noexcept {
#if defined(__x86_64__)
    user_regs_struct registers{};
    if (::ptrace(PTRACE_GETREGS, stopped, nullptr, &registers) == 0) {
        return registers.fs_base;
    }
#endif
    return 0;
}

struct dwfl_closer {
    void operator()(Dwfl* session) const noexcept { ::dwfl_end(session); }
};

using dwfl_session = std::unique_ptr<Dwfl, dwfl_closer>;

dwfl_session open_session(pid_t pid) {
    static char* no_path = nullptr;
    static const Dwfl_Callbacks callbacks{
        .find_elf = ::dwfl_linux_proc_find_elf,
        .find_debuginfo = [](auto...) { return -1; },  // no search, no network
        .section_address = nullptr,
        .debuginfo_path = &no_path,
    };
    dwfl_session session{::dwfl_begin(&callbacks)};
    const bool ready = session && ::dwfl_linux_proc_report(session.get(), pid) == 0 &&
                       ::dwfl_report_end(session.get(), nullptr, nullptr) == 0 &&
                       ::dwfl_linux_proc_attach(session.get(), pid, true) == 0;
    return ready ? std::move(session) : nullptr;
}

// Reads the tables of a module while nobody stands still for it.
int load_tables(Dwfl_Module* module, void**, const char*, Dwarf_Addr, void* until) {
    Dwarf_Addr bias = 0;
    ::dwfl_module_getsymtab(module);
    ::dwfl_module_eh_cfi(module, &bias);
    return now() < *static_cast<const time_point*>(until) ? DWARF_CB_OK : DWARF_CB_ABORT;
}

std::string demangled(const char* name) {
    if (name == nullptr) {
        return {};
    }
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text{
        abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free
    };
    return status == 0 ? text.get() : name;
}

struct walk {
    Dwfl* session;
    native_stack* into;
    time_point until;
};

int take_frame(Dwfl_Frame* frame, void* context) {
    auto& on = *static_cast<walk*>(context);
    Dwarf_Addr pc = 0;
    bool is_activation = false;
    if (!::dwfl_frame_pc(frame, &pc, &is_activation) || on.into->frames.size() == most_frames ||
        now() >= on.until) {
        return DWARF_CB_ABORT;
    }
    const auto call = is_activation ? pc : pc - 1;
    native_frame taken;
    if (auto* module = ::dwfl_addrmodule(on.session, call)) {
        const char* path = ::dwfl_module_info(
            module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr
        );
        taken.module = path != nullptr ? path : "";
        taken.module.erase(0, taken.module.rfind('/') + 1);
        taken.function = demangled(::dwfl_module_addrname(module, call));
    }
    on.into->frames.push_back(std::move(taken));
    return DWARF_CB_OK;
}

}  // namespace

native_stacks read_native_stacks(pid_t pid, const std::vector<pid_t>& threads, time_point until) {
    native_stacks found;
    const auto session = open_session(pid);
    if (!session) {
        const char* why = ::dwfl_errmsg(-1);
        const std::lock_guard nobody_else_waits{child_wait_lock()};
        if (threads.empty() || hold(threads.front(), until, found.trouble)) {
            found.trouble =
                std::string{"no unwinding: "} + (why != nullptr ? why : "unknown reason");
        }
        return found;
    }
    time_point load_until = now() + (until - now()) / 2;
    ::dwfl_getmodules(session.get(), load_tables, &load_until, 0);
    const std::lock_guard nobody_else_waits{child_wait_lock()};
    for (const auto tid : threads) {
        if (found.threads.size() == most_stacks) {
            found.trouble = "only the first " + std::to_string(most_stacks) + " threads";
            break;
        }
        if (now() >= until) {
            found.trouble = "there was no time for all threads";
            break;
        }
        const auto held = hold(tid, until, found.trouble);
        if (held) {
            native_stack stack{tid, {}, handle_of(tid)};
            walk context{session.get(), &stack, until};
            ::dwfl_getthread_frames(session.get(), tid, take_frame, &context);
            found.threads.push_back(std::move(stack));
        } else if (found.trouble.starts_with("ptrace refused")) {
            break;
        }
    }
    return found;
}

}  // namespace curfew::process
