#include <curfew/core/expects.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/edit.hpp>
#include <curfew/policy/load.hpp>
#include <curfew/policy/size_text.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::policy {

namespace {

void check_problem(const problem& what) {
    expects(!what.sentence.empty() && !what.origin.empty(), "a problem says what and where");
    expects(what.caret <= what.source.size(), "the caret stands under the line");
    for (const char c : format(what)) {
        const auto byte = static_cast<unsigned char>(c);
        expects(c == '\n' || (byte >= 0x20 && byte != 0x7f), "a terminal is not driven by a file");
    }
}

void check_routes(const policy& of) {
    for (const auto& route : of.routes) {
        expects(of.find_upstream(route.upstream) != nullptr, "a route has an upstream");
        expects(route.path.starts_with('/'), "a route has a path");
        expects(route.limits.timeout > duration::zero(), "a limit is not zero");
        expects(route.limits.breaker.probe_lease >= route.limits.timeout, "a probe may end");
    }
}

/// An edit says what it was asked to, and changes nothing else that the policy says.
void check_edit(const sources& from, const loading& before, const std::string& key) {
    using namespace std::chrono_literals;
    const std::array edits{time_edit{key, 1'234ms}};
    const auto made = set_times(from, edits);
    if (!made.refused.empty()) {
        expects(made.refused.size() == 1 && made.text == from.file_text, "what is refused stays");
        return;
    }
    sources again = from;
    again.file_text = made.text;
    const auto after = load(again);
    expects(after.snapshot != nullptr, "an edit leaves the policy valid");
    expects(after.explain(key)->value == "\"1s234ms\"", "an edit is made");
    for (const auto& path : before.set_keys()) {
        if (path == key) continue;
        const auto is = after.explain(path);
        expects(is && is->value == before.explain(path)->value, "an edit changes one key");
    }
    expects(set_times(again, edits).text == made.text, "twice is once");
}

void check(std::string_view text, std::string_view environment) {
    sources from;
    from.file_name = "curfew.toml";
    from.file_text = text;
    from.environment = environment;
    const auto result = load(from);
    expects((result.snapshot == nullptr) == !result.problems.empty(), "a snapshot or problems");
    expects(result.problems.size() <= problems_max, "problems are bounded");
    expects(result.warnings.size() <= problems_max, "warnings are bounded");
    for (const auto& what : result.problems)
        check_problem(what);
    for (const auto& what : result.warnings)
        check_problem(what);
    if (!result.snapshot) return;
    const auto& made = *result.snapshot;
    for (const auto& signal : made.signals) {
        const bool is_read = signal.source != sensor::none;
        expects(!is_read || signal.begins_at < signal.full_at, "a signal rises");
        expects(signal.stretched.size() == signal.stretches.size(), "every stretch is read");
    }
    expects(made.request.slow < made.request.timeout, "inner is shorter than outer");
    expects(made.limiter.floor <= made.limiter.initial, "floor is below initial");
    expects(made.limiter.initial <= made.limiter.ceiling, "initial is below ceiling");
    check_routes(made);
    for (const auto& path : result.set_keys())
        expects(result.explain(path).has_value(), "what was set is explained");
    check_edit(from, result, "request.timeout");
    if (!made.routes.empty()) {
        check_edit(from, result, "route." + made.routes.back().name + ".timeout");
    }
}

void check_texts(std::string_view text) {
    if (const auto time = parse_duration(text)) {
        expects(*time >= duration::zero(), "a duration is not negative");
        expects(parse_duration(format_duration(*time)) == *time, "and is read back as itself");
    }
    if (const auto size = parse_size(text)) {
        expects(parse_size(format_size(*size)) == *size, "a size is read back as itself");
    }
}

}  // namespace

}  // namespace curfew::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    curfew::policy::check_texts(input);
    curfew::policy::check(input, "");
    curfew::policy::check(input, "staging");
    return 0;
}
