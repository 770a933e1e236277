#include "manual.hpp"
#include "output.hpp"
#include "verbs.hpp"
#include <curfew/policy/json_text.hpp>
#include <curfew/policy/reference.hpp>
#include <curfew/policy/suggest.hpp>

namespace curfew::cli {

namespace {

int unknown_topic(const std::string& topic) {
    std::vector<std::string_view> topics{"policy"};
    for (const auto& verb : verbs()) {
        topics.push_back(verb.name);
    }
    const auto near = policy::closest(topic, topics);
    return complain(usage_problem{
        "there is no help on `" + topic + '`',
        near ? "did you mean `curfew help " + std::string{*near} + "`?"
             : "`curfew help` lists the verbs",
    });
}

void write(policy::json_text& to, std::string_view name, std::span<const flag> flags) {
    to.key(name).array();
    for (const auto& each : flags) {
        to.object().member("name", each.name).member("value", each.value);
        to.member("help", each.help).member("key", each.key).end();
    }
    to.end();
}

void write(policy::json_text& to, const verb& which) {
    to.object().member("name", which.name).member("usage", which.usage);
    to.member("summary", which.summary).member("description", which.description);
    write(to, "flags", which.own);
    to.end();
}

/// All verbs, or one.
std::string help_json(const verb* only) {
    policy::json_text to;
    to.object().key("verbs").array();
    for (const auto& each : verbs()) {
        if (!only || only == &each) write(to, each);
    }
    to.end();
    write(to, "flags_of_every_verb", flags_of_every_verb());
    return to.end().take();
}

}  // namespace

int help(const invocation& line) {
    const bool json = line.has("--json");
    if (line.has("--man")) {
        print(man_page());
    } else if (line.arguments.empty()) {
        const auto* only = line.has("--help") ? line.verb : nullptr;
        print(json ? help_json(only) : only ? help_page(*only) : help_page());
    } else if (line.arguments[0] == "policy") {
        print(json ? policy::json_schema() : policy::reference_page());
    } else if (const auto* topic = find_verb(line.arguments[0])) {
        print(json ? help_json(topic) : help_page(*topic));
    } else {
        return unknown_topic(line.arguments[0]);
    }
    return 0;
}

}  // namespace curfew::cli
