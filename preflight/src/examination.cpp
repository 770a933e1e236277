#include <curfew/preflight/course.hpp>
#include <curfew/preflight/examination.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>

#include <algorithm>
#include <utility>

namespace curfew::preflight {

using runtime::task;

examination::examination(
    const instruments& with, examination_terms terms, std::function<void(const look&)> settled
)
    : with_{with}, terms_{std::move(terms)}, settled_{std::move(settled)} {
    for (const auto& each : terms_.checks) {
        looks_.push_back({.name = each.name, .type = each.type, .where = place_of(each)});
    }
}

task<examined> examination::run(runtime::scope& under) {
    const time_point began = with_.on.outside().now();
    runtime::scope limited{under, bound::after(began, terms_.budget, "startup.budget")};
    runtime::task_group all;
    const time_point end = add_saturated(began, terms_.budget);
    for (std::size_t at = 0; at < looks_.size(); ++at) {
        all.spawn(look_at(at, limited, end));
    }
    runtime::scope always{with_.on};
    auto joining = all.join(always);
    co_await joining;
    examined made;
    made.made = decide(standing_, terms_.rules, terms_.told, terms_.environment);
    made.looks = std::move(looks_);
    made.took = with_.on.outside().now() - began;
    co_return made;
}

task<> examination::look_at(std::size_t index, runtime::scope& under, time_point end) {
    const auto& rules = terms_.checks[index];
    look& mine = looks_[index];
    const auto check = make_check(with_, rules);
    course how{terms_.rules, terms_.told, end, terms_.seed + index};
    const time_point began = with_.on.outside().now();
    for (;;) {
        how.attempt();
        auto looking = look_once(*check, rules, terms_.connector_scales, under);
        mine.wrong = co_await looking;
        const time_point now = with_.on.outside().now();
        mine.attempts = how.attempts();
        mine.took = now - began;
        const auto again = mine.wrong ? how.failed(mine.wrong->kind, decided(), now) : std::nullopt;
        if (!again || under.ended()) {
            break;
        }
        auto resting = runtime::sleep_until{under, *again};
        const auto woken = co_await resting;
        if (woken == runtime::wake::ended || decided()) {
            break;
        }
    }
    if (mine.wrong) {
        standing_.push_back(mine.wrong->kind);
    }
    settled_(mine);
}

bool examination::decided() const {
    return !terms_.told && std::ranges::any_of(standing_, [&](failure_kind kind) {
        return !is_passed_over(kind, terms_.rules);
    });
}

namespace {

/// The texts of a check that nobody is shown, as they mean and as they were written.
std::vector<std::string> secrets_of(const policy::check_policy& of) {
    constexpr std::size_t shortest = 3;  // anything shorter is in every sentence
    std::vector<std::string> all{of.where.password};
    if (of.where.password.empty()) all.push_back(of.where.user);  // NATS: a token
    const auto behind = of.target.find("://");
    const auto at = of.target.rfind('@', of.target.find('/', behind + 3));
    if (behind != of.target.npos && at != of.target.npos && at > behind + 3) {
        const auto login = of.target.substr(behind + 3, at - behind - 3);
        all.push_back(login.substr(login.find(':') + 1));
    }
    std::erase_if(all, [](const std::string& each) { return each.size() < shortest; });
    return all;
}

/// A peer may repeat what it was told.
std::string without_secrets(std::string sentence, const policy::check_policy& of) {
    const bool repeats = std::ranges::any_of(secrets_of(of), [&](const std::string& secret) {
        return sentence.find(secret) != sentence.npos;
    });
    return repeats ? place_of(of) + " repeats the login in what it says, which is not shown"
                   : sentence;
}

}  // namespace

std::string place_of(const policy::check_policy& of) {
    switch (of.type) {
        case check_type::command:
            return of.command.empty() ? std::string{} : of.command.front();
        case check_type::disk:
            return of.target;
        case check_type::none:
        case check_type::memory:
        case check_type::clock:
            return {};
        default:
            return of.where.host.empty() ? std::string{} : of.where.shown();
    }
}

task<std::optional<failing>> look_once(
    check& with, const policy::check_policy& rules, bool connector_scales, runtime::scope& under
) {
    const bool is_databases = rules.type == check_type::postgres && !rules.is_timeout_said;
    const std::string_view limit = is_databases ? "database.initialization" : "check.timeout";
    const time_point began = under.on().now();
    runtime::scope trying{under, bound::after(began, rules.timeout, limit)};
    auto attempting = with.attempt(trying);
    auto found = co_await attempting;
    if (!found) {
        co_return std::nullopt;
    }
    background& behind = found->behind;
    if (behind.account.entries().empty()) {
        behind.account.add(stage::attempt, under.on().outside().now() - began);
    }
    if (found->timed_out && !behind.timed_out() && trying.ended()) {
        behind.ended_by = trying.why();
    }
    const auto [kind, why] =
        found->known ? *found->known : classify(found->seen_by(rules.type, connector_scales));
    co_return failing{kind, std::string{why}, without_secrets(found->sentence, rules), behind};
}

}  // namespace curfew::preflight
