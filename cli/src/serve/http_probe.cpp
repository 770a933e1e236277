#include "http_probe.hpp"

#include <curfew/http/client.hpp>

#include <utility>

namespace curfew::cli {

namespace {

/// Half-way through a question, the idle connections are let go: on a server that gives each
/// connection a worker, it may be them that it waits for, and not a hung backend.
class rescue final : private timer {
  public:
    rescue(gateway::gateway& to, runtime::loop& on, duration after) noexcept
        : timer{[](timer& self) noexcept {
              const auto& mine = static_cast<rescue&>(self);
              mine.to_.idle(0).let_go(mine.until_);
          }},
          to_{to},
          until_{on.now() + 2 * after} {
        on.timers().arm(*this, on.now() + after);
    }

  private:
    gateway::gateway& to_;
    time_point until_;
};

}  // namespace

http_probe::http_probe(runtime::loop& on, runtime::network& through, gateway::gateway& shared)
    : through_{through},
      resolver_{on},
      gateway_{shared},
      url_{shared.rules().upstreams.front().urls.front()},
      rules_{shared.rules().backend} {
    if (const auto numeric = runtime::endpoint::of(url_.host, url_.port)) {
        asks_at_ = *numeric;
    }
}

runtime::task<bool> http_probe::answers(purpose why, runtime::scope& under) {
    auto resolving = resolver_.resolve(url_.host, url_.port, under);
    const auto found = co_await resolving;
    if (!found) {
        co_return false;
    }
    const question what = why == purpose::readiness
                              ? question{http1::method_id::get, rules_.ready_path, 400}
                              : liveness();
    for (const runtime::endpoint& at : *found) {
        auto asking = ask(at, what, under);
        const bool good = co_await asking;
        if (good) {
            asks_at_ = at;
            co_return true;
        }
    }
    co_return false;
}

http_probe::question http_probe::liveness() {
    if (!rules_.live_path.empty()) {
        return {http1::method_id::get, rules_.live_path, 500};
    }
    const time_point heard_at = gateway_.backend_heard_at();
    const bool silent = std::exchange(heard_at_, heard_at) == heard_at;
    if (silent && gateway_.guards().has_hanging_work(0)) {
        return {http1::method_id::head, "/", 600};
    }
    return {};
}

runtime::task<bool> http_probe::ask(runtime::endpoint at, question what, runtime::scope& under) {
    if (what.path.empty()) {
        auto connecting = runtime::connect(through_, at, under);
        const auto made = co_await connecting;
        complaint_.clear();
        co_return made.has_value();
    }
    rescue rescuing{gateway_, under.on(), rules_.live_timeout / 2};
    http::client with{through_, at};
    std::string text{to_string(what.method)};
    text += ' ' + what.path + " HTTP/1.1\r\nHost: " + at.text() + "\r\n\r\n";
    auto asking = with.exchange(what.method, text, under);
    const auto told = co_await asking;
    const bool good = told && told->status < what.below;
    complaint_ = told && !good ? "answered " + std::to_string(told->status) : std::string{};
    co_return good;
}

}  // namespace curfew::cli
