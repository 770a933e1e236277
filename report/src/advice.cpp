#include "advice.hpp"

#include "words.hpp"
#include <curfew/ledger/records.hpp>
#include <curfew/load/figures.hpp>

namespace curfew::report {
namespace {

using load::count_figure;
using load::time_figure;

constexpr std::uint64_t few = 20;

/// A limit of time that came from the work itself: was it too tight?
void advise_on_limit(const explanation& of, std::vector<std::string>& to) {
    const auto& around = of.around;
    const duration limit = of.what.cause_limit;
    const std::string key = of.what.what.limit_name;
    if (of.what.what.why != cause_kind::own_timeout || limit <= duration::zero()) {
        return;
    }
    if (around.usual_count < few) {
        to.push_back(
            "Only " + count_figure(around.usual_count) +
            " of its like succeeded in the hour around it: too few to say whether " + key +
            " is too tight."
        );
    } else if (around.usual_p99 > limit / 2) {
        to.push_back(
            "Its like take up to " + time_figure(around.usual_p99) + " (P99 of " +
            count_figure(around.usual_count) + " successes), close to the limit: raise " + key +
            ", or make it quicker."
        );
    } else {
        to.push_back(
            "The limit is not too tight: its like take " + time_figure(around.usual_p99) +
            " (P99 of " + count_figure(around.usual_count) +
            " successes in the hour around it). This one hung."
        );
    }
}

/// Where the backend hung, if its stacks were taken when this one, or one like it, timed out.
std::string_view seen_hanging(const explanation& of) noexcept {
    for (const auto& step : of.backend) {
        for (const auto& [key, value] : step.attributes) {
            const bool then = step.started >= of.what.started && step.what.name == "stacks";
            if (then && key == "said" && value.starts_with("hung in ")) {
                return value;
            }
        }
    }
    return {};
}

void advise_on_backend(const explanation& of, std::vector<std::string>& to) {
    const std::string_view seen = seen_hanging(of);
    to.push_back(
        seen.empty()
            ? "The backend had it nearly all the time: look there for what it waited for."
            : "The backend had it nearly all the time, and was seen then: " + clean(seen) + "."
    );
}

void advise_on_stage(const explanation& of, std::vector<std::string>& to) {
    const auto most = dominant_stage(of.what);
    if (!most || of.what.what.ended == outcome::success) {
        return;
    }
    switch (*most) {
        case stage::queue:
            to.emplace_back(
                "Most of its time was spent waiting for a place: others held the upstream's "
                "places. "
                "See what was slow in that minute (`curfew report`), or give the backend more "
                "workers."
            );
            return;
        case stage::start:
            to.emplace_back("It waited for the backend to start: see its steps above.");
            return;
        case stage::resolve:
        case stage::connect:
        case stage::handshake:
            to.emplace_back(
                "Most of its time was spent reaching the upstream, not working: look at the "
                "network, the name service, or a backend whose backlog is full."
            );
            return;
        case stage::attempt:
            advise_on_backend(of, to);
            return;
        case stage::receive:
            to.emplace_back("Most of its time was spent reading the request from the client.");
            return;
        case stage::body:
            to.emplace_back("Most of its time was spent relaying bodies: one side was slow.");
            return;
        default:
            return;
    }
}

}  // namespace

std::optional<stage> dominant_stage(const ledger::kept_operation& of) {
    ledger::stage_times spent{};
    for (const auto& entry : of.account.entries()) {
        auto& sum = spent[static_cast<std::size_t>(entry.what)];
        sum = duration{sum.count() + entry.spent.count()};
    }
    for (std::size_t i = 0; i < spent.size(); ++i) {
        if (spent[i] > of.account.total() / 2) {
            return static_cast<stage>(i);
        }
    }
    return std::nullopt;
}

std::vector<std::string> advice_for(const explanation& of) {
    std::vector<std::string> told;
    advise_on_limit(of, told);
    advise_on_stage(of, told);
    if (of.what.what.why == cause_kind::breaker_open) {
        told.emplace_back(
            "The breaker refused it because requests before it failed: explain one of those. "
            "`curfew report` names them."
        );
    }
    if (of.what.what.error) {
        told.emplace_back(describe(*of.what.what.error).remedy);
    }
    return told;
}

}  // namespace curfew::report
