#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace curfew::runtime {

/// Starts a thread that takes no signal and that nobody waits for: it may be stuck in a system call
/// longer than its results are wanted, so it owns all it touches. Throws std::system_error when
/// there is no thread to be had.
template <class Work>
void start_quiet_thread(Work work) {
    sigset_t every;
    sigset_t before;
    ::sigfillset(&every);
    ::pthread_sigmask(SIG_SETMASK, &every, &before);  // inherited from its first instruction on
    try {
        std::thread{std::move(work)}.detach();
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace curfew::runtime
