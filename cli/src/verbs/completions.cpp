#include "output.hpp"
#include "shells.hpp"
#include "verbs.hpp"
#include <curfew/policy/json_text.hpp>

namespace curfew::cli {

int completions(const invocation& line) {
    const auto shell = line.arguments.empty() ? std::string{} : line.arguments[0];
    std::string script;
    if (shell == "bash") {
        script = bash_completions();
    } else if (shell == "zsh") {
        script = zsh_completions();
    } else if (shell == "fish") {
        script = fish_completions();
    } else {
        return complain(usage_problem{
            shell.empty() ? "a shell is needed" : "there are no completions for `" + shell + '`',
            "write curfew completions bash, zsh or fish",
        });
    }
    if (line.has("--json")) {
        script = policy::json_text{}
                     .object()
                     .member("shell", shell)
                     .member("script", script)
                     .end()
                     .take();
    }
    print(script);
    return 0;
}

}  // namespace curfew::cli
