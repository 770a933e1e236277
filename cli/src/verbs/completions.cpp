#include "output.hpp"
#include "shells.hpp"
#include "verbs.hpp"

namespace curfew::cli {

int completions(const invocation& line) {
    const auto shell = line.arguments.empty() ? std::string{} : line.arguments[0];
    if (shell == "bash") {
        print(bash_completions());
    } else if (shell == "zsh") {
        print(zsh_completions());
    } else if (shell == "fish") {
        print(fish_completions());
    } else {
        return complain(usage_problem{
            shell.empty() ? "a shell is needed" : "there are no completions for `" + shell + '`',
            "write curfew completions bash, zsh or fish",
        });
    }
    return 0;
}

}  // namespace curfew::cli
