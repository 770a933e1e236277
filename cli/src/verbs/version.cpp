#include "manual.hpp"
#include "output.hpp"
#include "verbs.hpp"
#include <curfew/policy/json_text.hpp>

namespace curfew::cli {

int version(const invocation& line) {
    if (line.has("--json")) {
        print(policy::json_text{}.object().member("version", CURFEW_VERSION).end().take());
    } else {
        print(version_line());
    }
    return 0;
}

}  // namespace curfew::cli
