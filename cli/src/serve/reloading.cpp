#include "reloading.hpp"

#include <curfew/policy/transition.hpp>

#include <utility>

namespace curfew::cli {

namespace {

using admin::reload_report;
using result = reload_report::result;

policy::problem problem(std::string sentence, std::string hint) {
    policy::problem made;
    made.sentence = std::move(sentence);
    made.hint = std::move(hint);
    return made;
}

policy::problem problem_of(gateway::obstacle what) {
    switch (what) {
        case gateway::obstacle::editions_in_use:
            return problem(
                "requests in flight hold " + std::to_string(gateway::gateway::editions_max) +
                    " earlier policies",
                "reload again when the oldest streams have ended, or restart"
            );
        case gateway::obstacle::names_used_up:
            break;
    }
    return problem(
        "this process has known as many upstreams and routes as it can", "restart to begin anew"
    );
}

}  // namespace

reloading::reloading(
    runtime::loop& on,
    policy_origin from,
    gateway::gateway& shared,
    fleet& workers,
    std::shared_ptr<const policy::policy> rules,
    shaper shape,
    listener told
)
    : loop_{on},
      from_{std::move(from)},
      gateway_{shared},
      fleet_{workers},
      written_{std::move(rules)},
      shape_{std::move(shape)},
      told_{std::move(told)},
      since_{on.now()} {}

policy::loading reloading::read_again(reload_report& into) {
    into.ended = result::invalid;
    const auto from = from_.read(from_.file);
    if (!from) {
        into.file = from_.file;
        into.problems.push_back(from.error());
        return {};
    }
    into.file = from->file_name;
    auto loaded = policy::load(*from);
    into.problems = loaded.problems;
    into.problems_left_out = loaded.problems_left_out;
    if (loaded.snapshot && loaded.snapshot->upstreams.empty()) {
        into.problems.push_back(problem(
            "there is no backend to stand in front of",
            "say where it answers: [upstream.main], and urls = [\"http://127.0.0.1:8000\"]"
        ));
        loaded.snapshot.reset();
    }
    return loaded;
}

runtime::task<reload_report> reloading::reload(bool dry_run, runtime::scope& under) {
    reload_report told;
    if (shaping_) {
        auto shaped = rest(under);
        co_await shaped;
    }
    told.generation = gateway_.current()->generation();
    if (busy_) {
        told.ended = result::refused;
        told.for_now = true;
        told.problems.push_back(problem("a reload is under way", "ask again in a moment"));
        co_return told;
    }
    const auto loaded = read_again(told);
    if (!loaded.snapshot) {
        if (!dry_run) {
            note(told);
        }
        co_return told;
    }
    auto plan = policy::plan_transition(*written_, loaded);
    told.changes = std::move(plan.changes);
    told.ended = result::planned;
    if (dry_run) {
        co_return told;
    }
    if (auto why = told_.make_ready(loaded)) {
        told.ended = result::invalid;
        told.problems.push_back(std::move(*why));
        note(told);
        co_return told;
    }
    auto next = gateway_.adopt(shape_(plan.next), loop_.now());
    if (!next) {
        told.ended = result::refused;
        told.problems.push_back(problem_of(next.error()));
        note(told);
        co_return told;
    }
    told.generation = (*next)->generation();
    told.ended = told.changes.empty() ? result::unchanged : result::applied;
    from_.file = told.file;
    written_ = plan.next;
    busy_ = true;
    told_.put_in_force(loaded, plan.next, told);
    auto handing_over = hand_over(*next, under);
    const bool whole = co_await handing_over;
    if (!whole) {
        told.problems.push_back(problem(
            "a worker has not taken the new policy over yet",
            "it will as soon as it can; until then its requests have the one before"
        ));
    }
    note(told);
    co_return told;
}

runtime::task<bool> reloading::reshape(runtime::scope& under) {
    auto resting = rest(under);
    co_await resting;
    if (under.ended()) {
        co_return true;
    }
    auto next = gateway_.adopt(shape_(written_), loop_.now());
    if (!next) {
        co_return false;
    }
    shaping_ = true;
    auto handing_over = hand_over(*next, under);
    co_await handing_over;
    shaping_ = false;
    co_return true;
}

runtime::task<bool> reloading::hand_over(
    std::shared_ptr<const gateway::edition> next, runtime::scope& under
) {
    busy_ = true;
    auto adopting = fleet_.adopt(std::move(next), under);
    const bool whole = co_await adopting;
    busy_ = false;
    resting_.for_each([](resting& each) { each.over.pass(); });
    co_return whole;
}

runtime::task<> reloading::rest(runtime::scope& under) {
    while (busy_ && !under.ended()) {
        resting mine;
        resting_.push_back(mine);
        auto waiting = mine.over.wait(under);
        co_await waiting;
    }
}

void reloading::note(const reload_report& what) {
    if (what.ended == result::applied || what.ended == result::unchanged) {
        ++applied_;
        since_ = loop_.now();
        last_refused_.reset();
        why_refused_.clear();
        return;
    }
    ++refused_;
    last_refused_ = loop_.now();
    why_refused_ = admin::sentence_of(what);
}

void reloading::describe(gateway::policy_snapshot& to) const {
    to.generation = gateway_.current()->generation();
    to.since = loop_.now() - since_;
    to.reloads = applied_;
    to.refused = refused_;
    to.earlier_in_use = gateway_.earlier_in_use();
    to.why_refused = why_refused_;
    if (last_refused_) {
        to.last_refused = loop_.now() - *last_refused_;
    }
}

}  // namespace curfew::cli
