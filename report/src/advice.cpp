#include "advice.hpp"

#include "backend_steps.hpp"
#include "limit_source.hpp"
#include "stage_advice.hpp"
#include "words.hpp"
#include <curfew/load/figures.hpp>
#include <curfew/policy/duration_text.hpp>

namespace curfew::report {
namespace {

using load::count_figure;
using load::time_figure;
using told = std::vector<std::string>;

constexpr std::uint64_t few = 20;

std::string usual_text(const surroundings& around) {
    return time_figure(around.usual_p99) + " (P99 of " + count_figure(around.usual_count) +
           " successes in the hour around it)";
}

/// The limit of the whole operation, or its caller's: was it too tight?
void advise_on_whole_limit(const explanation& of, told& to) {
    const auto& around = of.around;
    const auto& what = of.what.what;
    const bool callers = what.why == cause_kind::inherited_deadline;
    const bool whole =
        callers || (what.why == cause_kind::own_timeout && what.limit_name.ends_with(".timeout"));
    const duration limit = of.what.cause_limit;
    if (!whole || limit <= duration::zero() || what.error == errc::client_too_slow) {
        return;
    }
    const std::string key = clean(what.limit_name);
    if (around.usual_count < few) {
        const bool none = around.usual_count == 0;
        to.push_back(
            (none ? "None" : "Only " + count_figure(around.usual_count)) +
            " of its like succeeded in the hour around it: too few to say whether " + key +
            " is too tight."
        );
    } else if (around.usual_p99 > limit / 2) {
        const std::string how = callers ? "the caller has to give it more time in "
                                        : "`curfew advise` says how far to raise ";
        to.push_back(
            "Its like take up to " + usual_text(around) + ", close to the limit: " + how + key + "."
        );
    } else {
        const bool hung = dominant_stage(of.what) == stage::attempt;
        to.push_back(
            key + " is not too tight: its like take " + usual_text(around) +
            (hung ? ". This one hung." : ".")
        );
    }
}

std::string explain_command(const ledger::kept_operation& other) {
    const auto trace = format_trace(other.trace);
    return "`curfew explain " + std::string{trace.data(), trace.size()} + '`';
}

void advise_on_hold(const explanation& of, const ledger::kept_operation& hold, told& to) {
    to.push_back(
        "Its route was held back " + time_figure(of.what.started - hold.started) +
        " before it, for its requests had brought the backend down" +
        (of.before ? "; the last of them: " + explain_command(*of.before) : "") +
        ". It is tried again after " + clean(of.what.what.limit_name) +
        ", sooner when a reload makes that shorter."
    );
}

void advise_on_breaker(const explanation& of, told& to) {
    if (of.what.what.why != cause_kind::breaker_open) {
        return;
    }
    if (of.held_back) {
        advise_on_hold(of, *of.held_back, to);
        return;
    }
    if (!of.before) {
        to.emplace_back(
            "The breaker had opened before it, and no row of its failures is left; `curfew report` "
            "counts them."
        );
        return;
    }
    const auto& last = *of.before;
    to.push_back(
        "The breaker was open for its like had failed; the last one, " +
        time_figure(of.what.started - last.started - last.took) +
        " before it: " + how_it_ended(last.what) + ", " + explain_command(last) + '.'
    );
}

void advise_on_guard(const explanation& of, told& to) {
    const auto& what = of.what.what;
    const std::string key = clean(what.limit_name);
    const std::string value = of.source && !of.source->value.empty() && !key.empty()
                                  ? key + " = " + of.source->value
                                  : key;
    const std::string shed = count_figure(of.around.shed) + " were shed in its minute";
    if (what.reason == shed_reason::queue_full) {
        to.push_back(
            value + " waited already, and " + shed +
            ": a longer queue helps only where its wait (" + time_figure(of.around.queue_mean) +
            " on average then) ends in time."
        );
    } else if (what.reason == shed_reason::abandoned) {
        to.push_back(
            "All of " + key +
            " was held by work that was given up on and goes on at the backend; `curfew watch` "
            "shows it while it lasts."
        );
    } else if (what.why == cause_kind::shed && !key.empty() && is_policy_key(key) &&
               what.reason != shed_reason::queue_timeout &&
               what.reason != shed_reason::upstream_down &&
               what.reason != shed_reason::no_time_left) {
        to.push_back(value + " were held by others, and " + shed + '.');
    } else if (what.why == cause_kind::rejected && is_policy_key(key)) {
        to.push_back("It was over " + value + ": raise it if such requests are to be served.");
    }
}

/// What the backend answered or did not.
void advise_on_failure(const explanation& of, told& to) {
    const auto& what = of.what.what;
    if (what.ended != outcome::failure || !ended_by_itself(what.why)) {
        return;
    }
    if (!what.error) {
        std::string status = "with a failure";
        for (const auto& [key, value] : of.what.attributes) {
            status = key == "status" ? clean(value) : status;
        }
        to.push_back(
            "The backend itself answered " + status + " after " + time_figure(of.what.took) +
            ", and Curfew passed it on: " + log_hint(of.what) + '.'
        );
    } else if (const auto* step = incident_beside(of); step != nullptr) {
        to.push_back(
            "The backend's " + incident_text(*step, of.what) + " is beside it: it goes with that."
        );
    }
}

/// What the adaptive limit ended took far longer than its like.
void advise_on_adaptive_limit(const explanation& of, told& to) {
    const auto& what = of.what.what;
    if (what.why != cause_kind::own_timeout || !what.limit_name.ends_with(".adaptive")) {
        return;
    }
    const std::string usual = of.around.usual_count > 0
                                  ? "its like take " + usual_text(of.around)
                                  : "none of its like succeeded in the hour around it";
    to.push_back(
        "The adaptive limit ended it, and the policy would have waited longer: " + usual +
        ". How many of those come back all the same is `cut_in_vain` of its route in /-/health."
    );
}

void advise_on_near_miss(const explanation& of, told& to) {
    if (of.what.what.ended == outcome::success && of.what.limit > duration::zero() &&
        of.what.took > of.what.limit / 5 * 4) {
        to.push_back(
            "It took " + time_figure(of.what.took) + " of the " +
            policy::format_duration(of.what.limit) + " it had; its like take " +
            (of.around.usual_count > 0 ? usual_text(of.around) : "a time that is not known") +
            ": see what `curfew advise` says of " + clean(of.what.what.name) + '.'
        );
    }
}

}  // namespace

std::vector<std::string> advice_for(const explanation& of) {
    told to;
    advise_on_whole_limit(of, to);
    advise_on_adaptive_limit(of, to);
    advise_on_near_miss(of, to);
    advise_on_breaker(of, to);
    advise_on_guard(of, to);
    advise_on_failure(of, to);
    if (time_mattered(of.what)) {
        advise_on_stage(of, to);
    }
    if (to.empty() && of.what.what.error) {
        const std::string_view remedy = describe(*of.what.what.error).remedy;
        if (remedy.contains('`')) {
            to.emplace_back(remedy);
        }
    }
    return to;
}

}  // namespace curfew::report
