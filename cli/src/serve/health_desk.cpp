#include "health_desk.hpp"

#include <chrono>
#include <utility>

namespace curfew::cli {

namespace {

constexpr duration keeps_fresh = std::chrono::milliseconds{100};
constexpr duration patience = std::chrono::seconds{2};

}  // namespace

health_desk::health_desk(runtime::loop& control, drawer draw)
    : draw_{std::move(draw)},
      nobody_{std::make_shared<const http::response>(
          503, "text/plain; charset=utf-8", "There is no picture of the gateway just now.\n"
      )},
      asked_{control},
      scope_{control} {
    tasks_.spawn(run());
}

runtime::task<health_desk::page> health_desk::answer(runtime::scope& under) {
    const time_point now = under.on().now();
    question mine{under.on()};
    if (auto made = fresh(now, &mine)) {
        co_return made;
    }
    asked_.ring();
    runtime::scope waiting{under, bound::after(now, patience, "server.health_path")};
    auto hearing = mine.answered.wait(waiting);
    co_await hearing;
    auto told = leave(mine);
    co_return told ? told : nobody_;
}

health_desk::page health_desk::fresh(time_point now, question* or_else) noexcept {
    const std::lock_guard hold{lock_};
    if (last_ && now - drawn_ < keeps_fresh) {
        return last_;
    }
    questions_.push_back(*or_else);
    return nullptr;
}

health_desk::page health_desk::leave(question& mine) noexcept {
    const std::lock_guard hold{lock_};
    mine.unlink();
    return mine.told;
}

void health_desk::publish(page made, time_point now) noexcept {
    const std::lock_guard hold{lock_};
    last_ = std::move(made);
    drawn_ = now;
    while (question* each = questions_.pop_front()) {
        each->told = last_;
        each->answered.ring();
    }
}

runtime::task<> health_desk::run() {
    for (;;) {
        auto resting = asked_.wait(scope_);
        const auto woken = co_await resting;
        if (woken == runtime::wake::ended) {
            co_return;
        }
        const time_point now = scope_.on().now();
        auto drawing = draw_();
        auto made = co_await drawing;
        publish(std::make_shared<const http::response>(std::move(made)), now);
    }
}

runtime::task<> health_desk::close() {
    runtime::scope always{scope_.on()};
    scope_.end({cause_kind::shutdown});
    auto ending = tasks_.join(always);
    co_await ending;
}

}  // namespace curfew::cli
