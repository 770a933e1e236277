#include "policy_sources.hpp"

#include "output.hpp"
#include <curfew/policy/file.hpp>

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace curfew::cli {

namespace {

std::vector<std::pair<std::string, std::string>> curfew_variables() {
    std::vector<std::pair<std::string, std::string>> all;
    for (char** each = environ; *each; ++each) {
        const std::string_view both{*each};
        const auto equals = both.find('=');
        if (!both.starts_with("CURFEW_") || equals == both.npos) continue;
        all.emplace_back(both.substr(0, equals), both.substr(equals + 1));
    }
    return all;
}

std::vector<policy::flag_setting> settings(const invocation& line) {
    std::vector<policy::flag_setting> all;
    for (const auto& flag : flags_of(*line.verb)) {
        if (flag.key.empty() || !line.has(flag.name)) continue;
        auto values = line.given.at(flag.name);
        if (flag.value.empty()) values = {std::string{flag.setting}};
        if (!flag.off_key.empty()) {
            const bool off = values == std::vector<std::string>{"off"};
            all.push_back(
                {std::string{flag.name}, std::string{flag.off_key}, {off ? "false" : "true"}}
            );
            if (off) continue;
        }
        all.push_back({std::string{flag.name}, std::string{flag.key}, std::move(values)});
    }
    for (const auto& [flag, key, setting] : line.verb->meanings) {
        if (line.has(flag))
            all.push_back({std::string{flag}, std::string{key}, {std::string{setting}}});
    }
    const auto key = line.verb->command_key;
    if (!line.command.empty() && !key.empty()) {
        all.push_back({"--", std::string{key}, line.command});
    }
    return all;
}

std::string environment(const invocation& line) {
    const char* variable = std::getenv("CURFEW_ENV");
    return line.value("--env", variable ? variable : "");
}

}  // namespace

std::expected<policy::sources, policy::problem> policy_sources(
    const invocation& line, const std::string& file
) {
    policy::sources from;
    from.environment = environment(line);
    from.variables = curfew_variables();
    from.flags = settings(line);
    if (!file.empty()) {
        from.file_name = file;
    } else if (line.has("--config")) {
        from.file_name = line.value("--config");
    } else if (const auto found = policy::find_file(".")) {
        from.file_name = *found;
    }
    if (from.file_name.empty() && !line.has("--config")) return from;
    auto text = policy::read_file(from.file_name);
    if (!text) return std::unexpected{std::move(text.error())};
    from.file_text = *std::move(text);
    return from;
}

std::expected<std::shared_ptr<const policy::policy>, int> policy_or_flag(
    const invocation& line, std::string_view flag
) {
    auto from = policy_sources(line);
    if (!from) {
        return std::unexpected{complain(line, from.error())};
    }
    const auto loaded = policy::load(*from);
    if (loaded.snapshot) {
        return loaded.snapshot;
    }
    if (!flag.empty() && line.has(flag)) {
        from->file_name.clear();
        from->file_text.clear();
        if (auto without = policy::load(*from); without.snapshot) {
            return std::move(without.snapshot);
        }
    }
    return std::unexpected{complain(line, loaded)};
}

}  // namespace curfew::cli
