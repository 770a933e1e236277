#pragma once

#include <curfew/runtime/intrusive_list.hpp>

#include <coroutine>
#include <cstdint>

namespace curfew::runtime {

class loop;
class scope;

/// Why a suspended coroutine goes on.
enum class wake : std::uint8_t {
    ready,  ///< what it waited for happened
    ended,  ///< its scope ended: deadline or cancellation; `scope::why()` tells
};

struct in_scope;
struct in_ready_list;

/// One suspended coroutine. Lives in the awaiting frame, so waiting allocates nothing. It is woken
/// once; destroying it (with its frame) takes it out of every list.
/// Thread rule: the thread of its loop.
class waiter : public list_node<in_scope>, public list_node<in_ready_list> {
  public:
    explicit waiter(scope& under) noexcept : scope_{under} {}

    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    ~waiter() { forget(); }

    /// Puts the coroutine on the loop's ready list, unless it was woken already.
    void wake_up(wake reason) noexcept;

    [[nodiscard]] wake reason() const noexcept { return reason_; }

    [[nodiscard]] std::coroutine_handle<> coroutine() const noexcept { return coroutine_; }

  protected:
    /// Begins to wait. `slot`, if given, is where the source of events keeps its pointer to this
    /// waiter; it is cleared when the waiting ends, whichever way.
    void suspend(std::coroutine_handle<> coroutine, waiter** slot) noexcept;

    [[nodiscard]] bool scope_has_ended() noexcept;

    [[nodiscard]] scope& under() const noexcept { return scope_; }

    /// Nobody wakes it any more: it is on its way.
    void forget() noexcept;

  private:
    scope& scope_;
    std::coroutine_handle<> coroutine_;
    waiter** slot_ = nullptr;
    wake reason_ = wake::ready;
};

}  // namespace curfew::runtime
