#include "stage_advice.hpp"

#include "backend_steps.hpp"
#include "words.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/load/figures.hpp>

#include <algorithm>

namespace curfew::report {
namespace {

using ledger::kept_operation;
using load::count_figure;
using load::time_figure;
using namespace std::chrono_literals;

constexpr auto beside = 5s;

ledger::stage_times times_of(const time_account& account) {
    ledger::stage_times spent{};
    for (const auto& entry : account.entries()) {
        auto& sum = spent[static_cast<std::size_t>(entry.what)];
        sum = duration{sum.count() + entry.spent.count()};
    }
    // Before a crash of the backend is known, the look for it is a pause.
    auto& backoff = spent[static_cast<std::size_t>(stage::backoff)];
    auto& start = spent[static_cast<std::size_t>(stage::start)];
    start = duration{start.count() + backoff.count()};
    backoff = {};
    return spent;
}

/// "4.99 s of its 5.00 s"
std::string part(const explanation& of, stage which) {
    return time_figure(times_of(of.what.account)[static_cast<std::size_t>(which)]) + " of its " +
           time_figure(of.what.took);
}

/// Where the backend hung, if its stacks were taken when this one, or one like it, timed out.
std::string_view seen_hanging(const explanation& of) noexcept {
    for (const auto& step : of.backend) {
        const std::string_view said = said_of(step);
        const bool then = step.started >= of.what.started && step.what.name == "stacks";
        if (then && said.starts_with("hung in ")) {
            return said;
        }
    }
    return {};
}

std::string attempt_text(const explanation& of) {
    const std::string head = "The backend had it for " + part(of, stage::attempt);
    if (const std::string_view seen = seen_hanging(of); !seen.empty()) {
        return head + ", and was seen then: " + clean(seen) + '.';
    }
    const auto* step = incident_beside(of);
    if (step != nullptr && step->what.name != "stacks") {
        return head + "; its " + incident_text(*step, of.what) + '.';
    }
    return head + ": " + log_hint(of.what) + '.';
}

/// How long the backend was away: from the incident to the next time it was ready.
std::optional<duration> time_away(const explanation& of, const kept_operation& since) {
    for (const auto& step : of.backend) {
        if (step.what.name == "ready" && step.started > since.started) {
            return step.started - since.started;
        }
    }
    return std::nullopt;
}

std::string start_text(const explanation& of) {
    const auto waited = times_of(of.what.account)[static_cast<std::size_t>(stage::start)];
    std::string text = waited > duration::zero()
                           ? "It waited " + part(of, stage::start) + " for the backend, which was "
                           : std::string{"The backend was "};
    text += "down";
    const auto* step = incident_beside(of);
    if (step == nullptr) {
        return text + "; what its log says from " + rfc3339(of.what.started).substr(11, 8) +
               "Z on tells why.";
    }
    text += ": " + incident_text(*step, of.what) + '.';
    if (const auto away = time_away(of, *step)) {
        text += " It was ready again " + time_figure(*away) + " after that";
        const bool waited_out = of.what.cause_limit > duration::zero();
        text += waited_out ? ", later than " + clean(of.what.what.limit_name) + " allowed." : ".";
    }
    return text;
}

std::string queue_text(const explanation& of) {
    return "It waited " + part(of, stage::queue) +
           " for a place (mean of its minute: " + time_figure(of.around.queue_mean) + "); " +
           count_figure(of.around.others_failed) +
           " other operations failed or timed out in that minute. `curfew report` lists which " +
           "routes took the upstream's time.";
}

std::string connect_text(const explanation& of, stage which) {
    const std::string key = clean(of.what.what.limit_name);
    return "Reaching the upstream (" + std::string{to_string(which)} + ") took " + part(of, which) +
           "; `" + (key.ends_with(".connect_timeout") ? key : "upstream.NAME.connect_timeout") +
           "` bounds each try.";
}

}  // namespace

std::string apart(ledger::wall_time at, const kept_operation& what) {
    if (at < what.started) {
        return time_figure(what.started - at) + " before it began";
    }
    const auto end = what.started + what.took;
    return at > end ? time_figure(at - end) + " after it ended"
                    : time_figure(at - what.started) + " after it began";
}

const kept_operation* incident_beside(const explanation& of) noexcept {
    const kept_operation* found = nullptr;
    for (const auto& step : of.backend) {
        const auto away = distance(step, of.what);
        const bool counts = is_incident(step) && away <= beside;
        if (counts && (found == nullptr || away < distance(*found, of.what))) {
            found = &step;
        }
    }
    return found;
}

std::string incident_text(const kept_operation& step, const kept_operation& what) {
    const std::string said = clean(said_of(step));
    return step.what.name + ' ' + apart(step.started, what) +
           (said.empty() ? "" : " (" + said + ')');
}

std::string log_hint(const kept_operation& what) {
    const auto trace = format_trace(what.trace);
    return "its log may have it as trace " + std::string{trace.data(), trace.size()} + ", from " +
           rfc3339(what.started).substr(11, 8) + "Z on";
}

bool time_mattered(const kept_operation& of) noexcept {
    const bool slow = std::ranges::any_of(of.attributes, [](const auto& each) {
        return each.first == "slow" && each.second == "true";
    });
    const auto reason = of.what.reason;
    return slow || of.what.ended == outcome::timeout || of.what.why == cause_kind::own_timeout ||
           reason == shed_reason::queue_timeout || reason == shed_reason::no_time_left ||
           reason == shed_reason::upstream_down ||
           (of.limit > duration::zero() && of.took > of.limit / 5 * 4);
}

std::optional<stage> dominant_stage(const kept_operation& of) {
    const auto spent = times_of(of.account);
    for (std::size_t i = 0; i < spent.size(); ++i) {
        if (spent[i] > of.account.total() / 2) {
            return static_cast<stage>(i);
        }
    }
    return std::nullopt;
}

void advise_on_stage(const explanation& of, std::vector<std::string>& to) {
    const bool down = of.what.what.reason == shed_reason::upstream_down;
    const auto most = down ? std::optional{stage::start} : dominant_stage(of.what);
    if (!most) {
        return;
    }
    const std::string key = clean(of.what.what.limit_name);
    const std::string bounded = key.empty() ? "." : "; " + key + " bounds that.";
    switch (*most) {
        case stage::queue:
            to.push_back(queue_text(of));
            return;
        case stage::start:
            to.push_back(start_text(of));
            return;
        case stage::resolve:
        case stage::connect:
        case stage::handshake:
            to.push_back(connect_text(of, *most));
            return;
        case stage::attempt:
            to.push_back(attempt_text(of));
            return;
        case stage::receive:
            to.push_back(
                "Its client took " + part(of, stage::receive) + " to send the request" + bounded
            );
            return;
        case stage::body:
            to.push_back(part(of, stage::body).append(" were spent relaying its body") + bounded);
            return;
        default:
            return;
    }
}

}  // namespace curfew::report
