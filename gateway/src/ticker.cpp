#include <curfew/gateway/ticker.hpp>
#include <curfew/runtime/sleep.hpp>

namespace curfew::gateway {

ticker::ticker(admission& guards, runtime::loop& on) : guards_{guards}, someone_{on}, scope_{on} {
    guards_.set_listener(this);
    tasks_.spawn(run());
}

runtime::task<> ticker::run() {
    constexpr auto pace = std::chrono::milliseconds{100};
    while (!scope_.ended()) {
        if (guards_.waiting() == 0) {
            auto resting = someone_.wait(scope_);
            co_await resting;
            continue;
        }
        runtime::sleep_until until{scope_, scope_.on().now() + pace};
        co_await until;
        guards_.tick(scope_.on().now());
    }
}

runtime::task<> ticker::close() {
    guards_.set_listener(nullptr);
    runtime::scope always{scope_.on()};
    scope_.end({cause_kind::shutdown});
    auto ending = tasks_.join(always);
    co_await ending;
}

}  // namespace curfew::gateway
