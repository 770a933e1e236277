#include "backend_steps.hpp"
#include "json.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/policy/json_text.hpp>
#include <curfew/report/explanation.hpp>

namespace curfew::report {
namespace {

using policy::json_text;

void write_limit(json_text& to, const explanation& of) {
    to.key("limit");
    if (of.what.what.limit_name.empty()) {
        to.null();
        return;
    }
    to.object().member("name", of.what.what.limit_name);
    to.key("limit_ms");
    of.what.cause_limit > duration::zero() ? to.value(milliseconds(of.what.cause_limit))
                                           : to.null();
    for (const auto& [name, member] :
         {std::pair{"value", &limit_source::value},
          std::pair{"layer", &limit_source::layer},
          std::pair{"origin", &limit_source::origin}}) {
        to.key(name);
        of.source ? to.value((*of.source).*member) : to.null();
    }
    to.end();
}

void write_account(json_text& to, const time_account& account) {
    to.key("account").object();
    for (const auto& each : account.entries()) {
        std::string name{to_string(each.what)};
        name += each.number != 0 ? '_' + std::to_string(each.number) : "";
        to.member(name, milliseconds(each.spent));
    }
    to.end();
}

void write_around(json_text& to, const surroundings& around) {
    to.key("around").object().key("same_minute").object();
    for (std::size_t i = 0; i < around.by_outcome.size(); ++i) {
        to.member(to_string(static_cast<outcome>(i)), around.by_outcome[i]);
    }
    to.end();
    to.member("refused_by_breaker", around.refused_by_breaker).member("shed", around.shed);
    to.member("queue_mean_ms", milliseconds(around.queue_mean));
    to.member("others", around.others).member("others_failed", around.others_failed);
    to.key("usual").object().member("count", around.usual_count);
    to.member("p50_ms", milliseconds(around.usual_p50));
    to.member("p99_ms", milliseconds(around.usual_p99));
    to.member("max_ms", milliseconds(around.usual_max)).end();
    to.end();
}

void write_backend(json_text& to, const explanation& of) {
    to.key("backend").array();
    for (const auto& step : of.backend) {
        to.object().member("name", step.what.name).member("at", rfc3339(step.started));
        to.member("said", said_of(step)).end();
    }
    to.end().member("backend_left_out", static_cast<std::uint64_t>(of.backend_left_out));
    to.key("held_back");
    if (of.held_back) {
        to.object().member("at", rfc3339(of.held_back->started));
        to.member("said", said_of(*of.held_back)).end();
    } else {
        to.null();
    }
    to.key("pressure").array();
    for (const auto& each : of.pressure) {
        to.object().member("signal", each.signal).member("at", rfc3339(each.at));
        to.member("before", each.before).member("value", each.after);
        to.member("effect", each.effect).end();
    }
    to.end();
    to.key("policy").array();
    for (const auto* each : {&of.policy_by, &of.policy_since}) {
        if (*each) {
            write_reload(to, **each);
        }
    }
    to.end();
    to.key("deployed");
    if (of.deployed) {
        to.object().member("at", rfc3339(of.deployed->at)).member("text", of.deployed->text).end();
    } else {
        to.null();
    }
}

void write(json_text& to, const explanation& of) {
    const auto& what = of.what;
    to.object();
    write_identity(to, what);
    write_limit(to, of);
    write_account(to, what.account);
    to.key("attributes").object();
    for (const auto& [key, value] : what.attributes) {
        to.member(key, value);
    }
    to.end();
    to.member("one_in", std::uint64_t{what.one_in});
    write_around(to, of.around);
    write_backend(to, of);
    to.key("advice").array();
    for (const auto& each : of.advice) {
        to.value(each);
    }
    to.end().end();
}

}  // namespace

std::string to_json(const std::vector<explanation>& all) {
    json_text to;
    to.object().key("operations").array();
    for (const auto& each : all) {
        write(to, each);
    }
    return to.end().end().take();
}

}  // namespace curfew::report
