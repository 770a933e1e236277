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
    const auto asked = why == purpose::readiness ? readiness() : liveness();
    if (!asked) {
        co_return true;
    }
    const question& what = *asked;
    const auto now = under.on().now();
    runtime::scope patience{under, bound::after(now, what.patience, "backend.live_timeout")};
    auto asking = ask_everywhere(what, patience);
    const reply heard = co_await asking;
    if (what.silence == weight::verdict) {
        co_return heard == reply::good;
    }
    if (heard == reply::good) {
        answers_head_ = true;
        co_return true;
    }
    if (what.silence == weight::when_idle) {
        co_return !is_idle_and_silent();
    }
    ++unanswered_;
    shuns_head_ = heard == reply::closed;
    auto connecting = ask_everywhere({}, under);
    const reply connected = co_await connecting;
    co_return connected == reply::good;
}

std::optional<http_probe::question> http_probe::readiness() {
    unanswered_ = 0;
    answers_head_ = false;
    return question{
        http1::method_id::get, rules_.ready_path, 400, weight::verdict, rules_.live_timeout
    };
}

std::optional<http_probe::question> http_probe::liveness() {
    const duration patience = rules_.live_timeout;
    if (!rules_.live_path.empty()) {
        return question{http1::method_id::get, rules_.live_path, 500, weight::verdict, patience};
    }
    const time_point heard_at = gateway_.backend_heard_at();
    const bool silent = std::exchange(heard_at_, heard_at) == heard_at;
    if (silent && gateway_.guards().has_hanging_work(0)) {
        return head(weight::verdict, patience);
    }
    const bool idle = gateway_.guards().is_idle(0);
    if (answers_head_ && idle) {
        return head(weight::when_idle, patience);
    }
    const bool may_learn = !answers_head_ && !shuns_head_ && unanswered_ < rules_.live_failures;
    if (may_learn && (idle || unanswered_ == 0)) {
        return head(weight::none, patience / 2);
    }
    if (!idle) {
        return std::nullopt;
    }
    return question{.path = {}, .patience = patience};
}

http_probe::question http_probe::head(weight silence, duration patience) const {
    return {http1::method_id::head, "/", 600, silence, patience};
}

bool http_probe::is_idle_and_silent() const noexcept {
    return gateway_.guards().is_idle(0) && gateway_.backend_heard_at() == heard_at_;
}

runtime::task<http_probe::reply> http_probe::ask_everywhere(question what, runtime::scope& under) {
    auto resolving = resolver_.resolve(url_.host, url_.port, under);
    const auto found = co_await resolving;
    if (!found) {
        co_return reply::none;
    }
    reply heard = reply::none;
    for (const runtime::endpoint& at : *found) {
        auto asking = ask(at, what, under);
        heard = co_await asking;
        if (heard == reply::good) {
            asks_at_ = at;
            break;
        }
    }
    co_return heard;
}

runtime::task<http_probe::reply> http_probe::ask(
    runtime::endpoint at, question what, runtime::scope& under
) {
    if (what.path.empty()) {
        auto connecting = runtime::connect(through_, at, under);
        const auto made = co_await connecting;
        complaint_.clear();
        co_return made ? reply::good : reply::none;
    }
    rescue rescuing{gateway_, under.on(), what.patience / 2};
    http::client with{through_, at};
    std::string text{to_string(what.method)};
    text += ' ' + what.path + " HTTP/1.1\r\nHost: " + at.text() + "\r\n\r\n";
    auto asking = with.exchange(what.method, text, under);
    const auto told = co_await asking;
    const bool good = told && told->status < what.below;
    complaint_ = told && !good ? "answered " + std::to_string(told->status) : std::string{};
    if (good) {
        co_return reply::good;
    }
    co_return with.progress().sent_at && !under.ended() ? reply::closed : reply::none;
}

}  // namespace curfew::cli
