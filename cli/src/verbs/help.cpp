#include "manual.hpp"
#include "output.hpp"
#include "verbs.hpp"
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

}  // namespace

int help(const invocation& line) {
    if (line.has("--man")) {
        print(man_page());
    } else if (line.arguments.empty()) {
        print(line.has("--help") ? help_page(*line.verb) : help_page());
    } else if (line.arguments[0] == "policy") {
        print(policy::reference_page());
    } else if (const auto* topic = find_verb(line.arguments[0])) {
        print(help_page(*topic));
    } else {
        return unknown_topic(line.arguments[0]);
    }
    return 0;
}

}  // namespace curfew::cli
