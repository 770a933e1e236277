#include "stack_desk.hpp"

#include <curfew/runtime/wall_clock.hpp>

#include <utility>

namespace curfew::cli {

namespace {

constexpr std::string_view plain = "text/plain; charset=utf-8";

std::chrono::sys_time<duration> wall() noexcept {
    return std::chrono::time_point_cast<duration>(runtime::wall_now());
}

}  // namespace

stack_desk::stack_desk(runtime::loop& on, taker take, listener tell)
    : loop_{on}, take_{std::move(take)}, tell_{std::move(tell)}, alarm_{on} {}

runtime::task<> stack_desk::run(runtime::scope& under) {
    for (;;) {
        auto resting = alarm_.wait(under);
        const auto woken = co_await resting;
        if (woken == runtime::wake::ended) {
            co_return;
        }
        if (looked_at_ && loop_.now() - *looked_at_ < pause) {
            continue;
        }
        const duration waited{waited_.load(std::memory_order_relaxed)};
        auto taking = take(under, stacks_reason::request_timed_out, waited);
        co_await taking;
    }
}

runtime::task<const stack_shelf::taken*> stack_desk::take(
    runtime::scope& under, stacks_reason why, std::optional<duration> hung_for
) {
    looked_at_ = loop_.now();
    const auto at = wall();
    auto looking = take_(under, hung_for, why != stacks_reason::asked);
    auto seen = co_await looking;
    if (!seen) {
        co_return nullptr;
    }
    const auto& kept = shelf_.keep({at, why, std::move(*seen)});
    tell_(kept);
    co_return &kept;
}

void stack_desk::keep(const process::stack_dump& what) {
    looked_at_ = loop_.now();
    shelf_.keep({wall(), stacks_reason::hang, what});
}

runtime::task<http::response> stack_desk::answer(const http::request& asked) {
    if (asked.method != http1::method_id::post) {
        co_return http::response{200, plain, shelf_.text()};
    }
    runtime::scope own{loop_};
    auto taking = take(own, stacks_reason::asked, std::nullopt);
    const auto* taken = co_await taking;
    if (taken == nullptr) {
        co_return http::response{
            503,
            plain,
            "There are no stacks to take: no backend of ours runs, or it is being "
            "looked at already.\n"
        };
    }
    co_return http::response{200, plain, text_of(*taken)};
}

runtime::task<http::response> stack_desk::answer_json(const http::request&) {
    co_return http::response{200, "application/json", shelf_.json()};
}

}  // namespace curfew::cli
