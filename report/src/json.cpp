#include "json.hpp"

#include <curfew/core/rfc3339.hpp>

#include <cmath>

namespace curfew::report {

double milliseconds(duration length) noexcept {
    const std::chrono::duration<double, std::micro> all{length};
    return std::round(all.count()) / 1000;
}

void write_identity(policy::json_text& to, const ledger::kept_operation& what) {
    const auto trace = format_trace(what.trace);
    to.member("surface", to_string(what.what.where)).member("name", what.what.name);
    to.member("outcome", to_string(what.what.ended)).member("cause", to_string(what.what.why));
    to.key("reason");
    what.what.reason == shed_reason::none ? to.null() : to.value(to_string(what.what.reason));
    to.key("error");
    what.what.error ? to.value(describe(*what.what.error).id) : to.null();
    to.member("started", rfc3339(what.started)).member("took_ms", milliseconds(what.took));
    to.member("trace_id", std::string_view{trace.data(), trace.size()});
}

void write_reload(policy::json_text& to, const policy_reload& of) {
    to.object().member("at", rfc3339(of.at)).member("file", of.file);
    to.member("changed", of.changed).member("applied", of.applied).end();
}

}  // namespace curfew::report
