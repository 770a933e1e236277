#include "launch.hpp"

#include <unistd.h>

#include <algorithm>

namespace curfew::process {
namespace {

constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

void set_variable(
    std::vector<std::string>& environment, std::string_view name, std::string_view value
) {
    const auto prefix = std::string{name} + '=';
    std::erase_if(environment, [&](const auto& entry) { return entry.starts_with(prefix); });
    environment.push_back(prefix + std::string{value});
}

std::vector<std::string> compose_environment(const command& what, std::string_view marker) {
    std::vector<std::string> environment;
    for (auto* const* entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        environment.emplace_back(*entry);
    }
    for (const auto& [name, value] : what.environment) {
        set_variable(environment, name, value);
    }
    set_variable(environment, "CURFEW_UNIT", marker);
    return environment;
}

std::string_view path_of(const std::vector<std::string>& environment) noexcept {
    constexpr std::string_view prefix = "PATH=";
    const auto found = std::ranges::find_if(environment, [&](const auto& entry) {
        return entry.starts_with(prefix);
    });
    return found == environment.end() ? default_path
                                      : std::string_view{*found}.substr(prefix.size());
}

std::vector<std::string> candidates_for(const std::string& program, std::string_view path) {
    if (program.contains('/')) {
        return {program};
    }
    std::vector<std::string> candidates;
    for (std::size_t begin = 0; begin <= path.size();) {
        const auto end = std::min(path.find(':', begin), path.size());
        const auto folder = path.substr(begin, end - begin);
        candidates.push_back((folder.empty() ? "." : std::string{folder}) + '/' + program);
        begin = end + 1;
    }
    return candidates;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const auto& text : texts) {
        pointers.push_back(const_cast<char*>(text.c_str()));  // execve promises not to write
    }
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

launch::launch(const command& what, std::string_view marker)
    : arguments_{what.arguments},
      environment_{compose_environment(what, marker)},
      directory_{what.directory},
      group_{what.group},
      transparent_{what.transparent} {
    candidates_ = candidates_for(arguments_.front(), path_of(environment_));
    candidate_pointers_ = pointers_to(candidates_);
    argument_pointers_ = pointers_to(arguments_);
    environment_pointers_ = pointers_to(environment_);
}

keeper::plan launch::plan() const noexcept {
    keeper::plan plan;
    plan.candidates = candidate_pointers_.data();
    plan.arguments = argument_pointers_.data();
    plan.environment = environment_pointers_.data();
    plan.directory = directory_.empty() ? nullptr : directory_.c_str();
    plan.own_session = group_ == grouping::own_session;
    plan.joins = group_ == grouping::our_group ? ::getpgrp() : 0;
    plan.transparent = transparent_;
    return plan;
}

}  // namespace curfew::process
