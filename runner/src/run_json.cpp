#include <curfew/policy/json_text.hpp>
#include <curfew/runner/run.hpp>

#include <chrono>

namespace curfew::runner {

namespace {

using policy::json_text;

double milliseconds(duration of) noexcept {
    return std::chrono::duration<double, std::milli>(of).count();
}

void write_code(json_text& to, std::string_view name, const std::optional<int>& code) {
    to.key(name);
    code ? to.value(std::uint64_t(*code)) : to.null();
}

void write_names(json_text& to, std::string_view name, const std::vector<std::string>& all) {
    to.key(name).array();
    for (const auto& each : all) {
        to.value(each);
    }
    to.end();
}

}  // namespace

std::string to_json(const run_report& made, const run_order& what) {
    const auto* last = made.last();
    std::optional<int> command_exit;
    std::optional<int> signal;
    if (last != nullptr && last->ended && !last->ended->unknown) {
        (last->ended->signal != 0 ? signal : command_exit) =
            last->ended->signal != 0 ? last->ended->signal : last->ended->code;
    }
    const attempt_report none;
    const auto& of = last == nullptr ? none : *last;
    json_text to;
    to.object().member("run_id", what.run_id()).member("name", what.name());
    to.member("kind", what.rules.name).member("cause", to_string(cause_of(made, what.rules)));
    to.member("exit", std::uint64_t(exit_code_of(made, what.rules)));
    write_code(to, "command_exit", command_exit);
    write_code(to, "signal", signal);
    to.member("limit", what.limit_name).member("limit_ms", milliseconds(what.rules.timeout));
    to.member("duration_ms", milliseconds(of.ran))
        .member("suspended_ms", milliseconds(of.suspended));
    to.member("attempts", std::uint64_t{made.attempts.size()});
    to.member("flaky", made.flaky(what.rules)).member("killed", of.forced);
    to.member("hung_in", of.hung_in).member("hang_file", of.hang_file);
    write_names(to, "leaks", of.leaks);
    to.member("survivors", std::uint64_t{of.survivors});
    write_names(to, "survivor_names", of.survivor_names);
    const bool knows = last != nullptr && last->ended;
    to.member("cpu_ms", knows ? milliseconds(last->ended->cpu) : 0.0);
    to.member("peak_memory_bytes", std::uint64_t{knows ? last->ended->peak_memory : 0});
    to.key("error");
    const auto error = error_of(made);
    error ? to.value(describe(*error).id) : to.null();
    return to.end().take();
}

}  // namespace curfew::runner
