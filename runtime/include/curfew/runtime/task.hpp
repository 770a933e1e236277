#pragma once

#include <curfew/core/expects.hpp>
#include <curfew/runtime/frame_recycler.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace curfew::runtime {

template <class T = void>
class task;

namespace detail {

class promise_base {
  public:
    static void* operator new(std::size_t size) { return allocate_frame(size); }

    static void operator delete(void* frame, std::size_t size) noexcept {
        release_frame(frame, size);
    }

    std::suspend_always initial_suspend() noexcept { return {}; }

    struct final_awaiter {
        bool await_ready() noexcept { return false; }

        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
            return self.promise().continuation_;
        }

        void await_resume() noexcept {}
    };

    final_awaiter final_suspend() noexcept { return {}; }

    /// Expected failures are values; an exception that gets here "cannot happen".
    void unhandled_exception() noexcept { std::terminate(); }

    void set_continuation(std::coroutine_handle<> next) noexcept { continuation_ = next; }

  private:
    std::coroutine_handle<> continuation_ = std::noop_coroutine();
};

template <class T>
class promise final : public promise_base {
  public:
    task<T> get_return_object() noexcept;

    template <class U>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }

    T take() { return *std::move(value_); }

  private:
    std::optional<T> value_;
};

template <>
class promise<void> final : public promise_base {
  public:
    task<void> get_return_object() noexcept;

    void return_void() noexcept {}

    void take() noexcept {}
};

}  // namespace detail

/// A lazy coroutine with one awaiter: it runs when awaited, on the awaiting loop, and its frame
/// dies with the task object. Move-only. Ends by returning, never by throwing.
///
/// House rule: `co_await` takes a name and its result goes to a name:
/// `auto connecting = connect(...); auto connected = co_await connecting;`
template <class T>
class [[nodiscard]] task {
  public:
    using promise_type = detail::promise<T>;
    using handle = std::coroutine_handle<promise_type>;

    explicit task(handle coroutine) noexcept : coroutine_{coroutine} {}

    task(task&& other) noexcept : coroutine_{std::exchange(other.coroutine_, {})} {}

    task& operator=(task&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }

    ~task() {
        if (coroutine_) {
            coroutine_.destroy();
        }
    }

    struct awaiter {
        handle coroutine;

        bool await_ready() const noexcept { return false; }

        handle await_suspend(std::coroutine_handle<> awaiting) noexcept {
            coroutine.promise().set_continuation(awaiting);
            return coroutine;
        }

        T await_resume() { return coroutine.promise().take(); }
    };

    awaiter operator co_await() & noexcept {
        expects(coroutine_ && !coroutine_.done(), "a task is awaited once");
        return {coroutine_};
    }

  private:
    handle coroutine_;
};

namespace detail {

template <class T>
task<T> promise<T>::get_return_object() noexcept {
    return task<T>{std::coroutine_handle<promise>::from_promise(*this)};
}

inline task<void> promise<void>::get_return_object() noexcept {
    return task<void>{std::coroutine_handle<promise>::from_promise(*this)};
}

}  // namespace detail

}  // namespace curfew::runtime
