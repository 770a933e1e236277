#include "backend_steps.hpp"
#include "bypass_record.hpp"
#include "json.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/report/summary.hpp>

namespace curfew::report {
namespace {

using policy::json_text;

void write(json_text& to, const operation_figures& of) {
    to.object().member("surface", to_string(of.where)).member("name", of.name);
    to.member("count", of.count()).key("outcomes").object();
    for (std::size_t i = 0; i < of.by_outcome.size(); ++i) {
        to.member(to_string(static_cast<outcome>(i)), of.by_outcome[i]);
    }
    to.end().member("near_misses", of.near_misses);
    to.key("took").object().member("count", of.took.count());
    for (const auto& [name, q] :
         {std::pair{"p50_ms", 0.5},
          std::pair{"p90_ms", 0.9},
          std::pair{"p95_ms", 0.95},
          std::pair{"p99_ms", 0.99},
          std::pair{"max_ms", 1.0}}) {
        to.member(name, milliseconds(of.took.quantile(q)));
    }
    to.end().key("spent_ms").object();
    for (std::size_t i = 0; i < of.spent.size(); ++i) {
        if (of.spent[i] > duration::zero()) {
            to.member(to_string(static_cast<stage>(i)), milliseconds(of.spent[i]));
        }
    }
    to.end().end();
}

void write(json_text& to, const ending& of) {
    to.object().member("surface", to_string(of.what.where)).member("name", of.what.name);
    to.member("outcome", to_string(of.what.ended)).member("cause", to_string(of.what.why));
    to.key("reason");
    of.what.reason == shed_reason::none ? to.null() : to.value(to_string(of.what.reason));
    to.key("error");
    of.what.error ? to.value(describe(*of.what.error).id) : to.null();
    to.key("limit");
    of.what.limit_name.empty() ? to.null() : to.value(of.what.limit_name);
    to.member("count", of.count).key("example");
    of.trace_id.empty() ? to.null() : to.value(of.trace_id);
    to.end();
}

void write(json_text& to, std::string_view name, const std::vector<ending>& all) {
    to.key(name).array();
    for (const auto& each : all) {
        write(to, each);
    }
    to.end();
}

void write_backend(json_text& to, const summary& of) {
    write(to, "backend", of.backend);
    to.key("incidents").array();
    for (const auto& each : of.incidents) {
        std::string said;
        for (const auto& [key, value] : each.attributes) {
            said = key == "said" ? value : said;
        }
        to.object().member("at", rfc3339(each.started)).member("name", each.what.name);
        to.member("said", said).end();
    }
    to.end();
    to.key("starts").array();
    for (const auto& each : of.starts) {
        to.object().member("at", rfc3339(each.started)).member("name", each.what.name);
        to.member("said", said_of(each)).end();
    }
    to.end();
    to.member("bypassed", of.bypassed).key("bypasses").array();
    for (const auto& each : of.bypasses) {
        const auto [said, by, until] = bypass_of(each);
        to.object().member("at", rfc3339(each.started)).member("said", said).member("by", by);
        to.member("until", until).end();
    }
    to.end();
    to.key("deploys").array();
    for (const auto& each : of.marks) {
        to.object().member("at", rfc3339(each.at)).member("text", each.text).end();
    }
    to.end();
}

void write_policy(json_text& to, const summary& of) {
    to.key("reloads").array();
    for (const auto& each : of.policy.reloads) {
        write_reload(to, each);
    }
    to.end().key("alerts").array();
    for (const auto& each : of.policy.alerts) {
        to.object().member("at", rfc3339(each.at)).member("name", each.name);
        to.member("state", each.state).member("said", each.said).end();
    }
    to.end();
}

void write_ground(json_text& to, const summary& of) {
    to.key("became").object();
    for (std::size_t i = 0; i < ledger::fate_count; ++i) {
        to.member(ledger::to_string(static_cast<ledger::fate>(i)), of.became[i]);
    }
    to.end().key("ledger_begins");
    of.covers.first_minute ? to.value(rfc3339(*of.covers.first_minute)) : to.null();
    to.key("processes").array();
    for (const auto& each : of.processes) {
        to.object().member("pid", static_cast<std::uint64_t>(each.process));
        to.member("version", each.version).member("started", rfc3339(each.started));
        to.member("last_seen", rfc3339(each.last_seen)).member("stopped", each.stopped).end();
    }
    to.end();
}

void write(json_text& to, const summary& of) {
    to.object().member("from", rfc3339(of.when.from)).member("to", rfc3339(of.when.to));
    to.member("ledger", of.path).member("count", of.count()).key("outcomes").object();
    for (std::size_t i = 0; i <= static_cast<std::size_t>(outcome::ignored); ++i) {
        to.member(to_string(static_cast<outcome>(i)), of.count(static_cast<outcome>(i)));
    }
    to.end().member("near_misses", of.near_misses());
    to.key("operations").array();
    for (const auto& each : of.operations) {
        write(to, each);
    }
    to.end();
    write(to, "timed_out", of.timed_out);
    write(to, "failed", of.failed);
    write(to, "refused", of.refused);
    write(to, "cancelled", of.cancelled);
    to.key("nearest").array();
    for (const auto& each : of.near) {
        to.object();
        write_identity(to, each.what);
        to.member("limit_ms", milliseconds(each.what.limit)).member("share", each.share).end();
    }
    to.end();
    write_backend(to, of);
    write_policy(to, of);
    write_ground(to, of);
    to.end();
}

}  // namespace

std::string to_json(const comparison& of) {
    json_text to;
    to.object().key("now");
    write(to, of.now);
    to.key("before");
    if (of.before) {
        write(to, *of.before);
    } else {
        to.null();
    }
    return to.end().take();
}

}  // namespace curfew::report
