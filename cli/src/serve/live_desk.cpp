#include "live_desk.hpp"

#include <curfew/protocol/sse.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>

#include <utility>

namespace curfew::cli {

/// One stream: where its reader stands.
class live_desk::reader final : public http::live_body, public runtime::list_node<in_desk> {
  public:
    explicit reader(live_desk& of)
        : of_{of}, seen_{of.drawn_ - (of.last_ ? 1 : 0)}, beat_{of.beats_}, end_{of.ends_.next()} {}

    ~reader() override {
        unlink();
        of_.left();
    }

    [[nodiscard]] runtime::task<> send(http::body_writer& to, runtime::scope& under) override {
        while (!under.ended()) {
            text_.clear();
            const bool over = of_.scope_.ended();
            if (over) {
                sse::append_event(text_, "bye", R"({"reason":"shutdown"})");
            } else {
                gather();
            }
            if (!text_.empty()) {
                auto sending = to.write(text_);
                const bool taken = co_await sending;
                if (!taken || over) {
                    co_return;
                }
                continue;
            }
            auto resting = news_.wait(under);
            co_await resting;
        }
    }

    void wake() noexcept { news_.pass(); }

  private:
    void gather() {
        auto page = of_.ends_.since(end_, ends_a_piece);
        const std::uint64_t fresh = of_.drawn_ - seen_;
        const admin::live_missed missed{fresh > 0 ? fresh - 1 : 0, page.missed};
        if (missed.states + missed.ends > 0) {
            sse::append_event(text_, "missed", admin::to_json(missed));
        }
        if (fresh > 0) {
            text_ += *of_.last_;
            seen_ = of_.drawn_;
        }
        for (const admin::live_end& each : page.ends) {
            sse::append_event(text_, "end", admin::to_json(each));
        }
        if (std::exchange(beat_, of_.beats_) != of_.beats_ && text_.empty()) {
            text_ = sse::heartbeat;
        }
    }

    live_desk& of_;
    std::uint64_t seen_;  ///< states that were sent, or missed
    std::uint64_t beat_;
    std::uint64_t end_;
    std::string text_;
    runtime::baton news_;
};

live_desk::live_desk(runtime::loop& control, notable_ends& ends, sources from)
    : from_{std::move(from)}, sampler_{control.now()}, ends_{ends}, scope_{control} {
    tasks_.spawn(tell_ends());
}

std::shared_ptr<http::live_body> live_desk::open() {
    if (streams_ == streams_max || scope_.ended()) {
        return nullptr;
    }
    ++streams_;
    ends_.watch(true);
    auto made = std::make_shared<reader>(*this);
    readers_.push_back(*made);
    if (!std::exchange(drawing_, true)) {
        tasks_.spawn(draw_while_read());
    }
    return made;
}

runtime::task<http::response> live_desk::answer_events() {
    http::response reply;
    reply.live = open();
    if (!reply.live) {
        reply.status = 503;
        reply.body = "There are " + std::to_string(streams_max) + " streams already.\n";
        co_return reply;
    }
    reply.content_type = "text/event-stream";
    co_return reply;
}

runtime::task<http::response> live_desk::answer_requests() {
    auto asking = state(scope_);
    const auto now = co_await asking;
    if (!now) {
        co_return http::response{503, "text/plain; charset=utf-8", "A worker does not answer.\n"};
    }
    co_return http::response{200, "application/json", admin::render_calls(*now)};
}

void live_desk::left() noexcept {
    if (--streams_ == 0) {
        ends_.watch(false);
        empty_.pass();
    }
}

runtime::task<std::optional<admin::live_state>> live_desk::state(runtime::scope& under) {
    auto asking = from_.picture(under, calls_told);
    const auto picture = co_await asking;
    if (!picture) {
        co_return std::nullopt;
    }
    const auto book = from_.ledger();
    auto made = admin::live_window{}.take(
        *picture,
        sampler_.sample(scope_.on().now()),
        under.on().now(),
        from_.wall(),
        book ? &*book : nullptr
    );
    co_return std::move(made);
}

void live_desk::join(admin_site& site) {
    site.add("/-/events", admin::purpose::reads, [this](const http::request&) {
        return answer_events();
    });
    site.add("/-/requests.json", admin::purpose::reads, [this](const http::request&) {
        return answer_requests();
    });
}

runtime::task<> live_desk::tell_ends() {
    for (;;) {
        auto hearing = ends_.fresh().wait(scope_);
        const auto woken = co_await hearing;
        if (woken == runtime::wake::ended) {
            co_return;
        }
        wake_readers();
    }
}

void live_desk::wake_readers() noexcept {
    // Passing a baton only puts its coroutine on the ready list.
    readers_.for_each([](reader& each) { each.wake(); });
}

runtime::task<> live_desk::draw_while_read() {
    auto window = std::make_unique<admin::live_window>();
    while (streams_ > 0 && !scope_.ended()) {
        const time_point begun = scope_.on().now();
        auto asking = from_.picture(scope_, calls_told);
        const auto picture = co_await asking;
        if (picture) {
            const auto book = from_.ledger();
            const auto made = window->take(
                *picture,
                sampler_.sample(scope_.on().now()),
                scope_.on().now(),
                from_.wall(),
                book ? &*book : nullptr
            );
            std::string text;
            sse::append_event(text, "state", admin::to_json(made));
            last_ = std::make_shared<const std::string>(std::move(text));
            ++drawn_;
        } else {
            ++beats_;
        }
        wake_readers();
        runtime::sleep_until until{scope_, begun + pace};
        co_await until;
    }
    last_.reset();
    drawing_ = false;
}

runtime::task<> live_desk::close() {
    runtime::loop& on = scope_.on();
    scope_.end({cause_kind::shutdown});
    wake_readers();
    constexpr duration patience = std::chrono::seconds{1};
    runtime::scope leaving{on, bound::after(on.now(), patience, "admin.close")};
    while (streams_ > 0 && !leaving.ended()) {
        auto waiting = empty_.wait(leaving);
        co_await waiting;
    }
    runtime::scope always{on};
    auto joining = tasks_.join(always);
    co_await joining;
}

}  // namespace curfew::cli
