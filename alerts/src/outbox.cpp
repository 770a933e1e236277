#include <curfew/alerts/outbox.hpp>

#include <utility>

namespace curfew::alerts {

outbox::outbox(
    runtime::loop& on,
    std::string name,
    std::unique_ptr<sink> to,
    std::string ids,
    std::function<wall_time()> wall,
    listener tell
)
    : name_{std::move(name)},
      to_{std::move(to)},
      ids_{std::move(ids)},
      wall_{std::move(wall)},
      tell_{std::move(tell)},
      scope_{on} {
    tasks_.spawn(run());
}

void outbox::retire() noexcept {
    retired_ = true;
    came_.pass();
}

void outbox::put(const change& what) {
    if (waiting_.size() >= waiting_max) {
        ++told_.dropped;
        ++left_out_;
        return;
    }
    waiting_.push_back(what);
    came_.pass();
}

outbox::numbers outbox::state() const {
    numbers now = told_;
    now.waiting = waiting_.size();
    return now;
}

notice outbox::next() {
    notice made;
    made.id = ids_ + '-' + name_ + '-' + std::to_string(++number_);
    made.at = wall_();
    while (!waiting_.empty() && made.changes.size() < notice::changes_max) {
        made.changes.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    made.left_out = std::exchange(left_out_, 0);
    return made;
}

runtime::task<> outbox::run() {
    for (;;) {
        while (waiting_.empty()) {
            if (retired_) {
                co_return;
            }
            auto resting = came_.wait(scope_);
            const auto woken = co_await resting;
            if (woken == runtime::wake::ended) {
                co_return;
            }
        }
        const notice what = next();
        auto sending = to_->deliver(what, scope_);
        const delivery how = co_await sending;
        note(what, how, how.good() == told_.failing);
        if (scope_.ended()) {
            co_return;
        }
    }
}

void outbox::note(const notice& what, const delivery& how, bool news) {
    told_.failing = !how.good();
    told_.said = how.said;
    ++(how.good() ? told_.sent : told_.failed);
    tell_(name_, what, how, news);
}

void outbox::give_up() {
    if (waiting_.empty()) {
        return;
    }
    notice lost = next();
    lost.left_out += waiting_.size();
    waiting_.clear();
    note(lost, {errc::shutting_down, "not sent before Curfew stopped", {}}, true);
}

runtime::task<> outbox::close(runtime::scope& last) {
    retire();
    auto sending = tasks_.join(last);
    co_await sending;
    runtime::scope always{scope_.on()};
    scope_.end({cause_kind::shutdown});
    auto joining = tasks_.join(always);
    co_await joining;
    give_up();
}

}  // namespace curfew::alerts
