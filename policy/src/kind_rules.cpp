#include "building.hpp"
#include <curfew/policy/duration_text.hpp>

namespace curfew::policy {

void check_kinds(building& of) {
    for (const auto& kind : of.made.kinds) {
        if (!kind.warn || *kind.warn < kind.timeout) continue;
        const auto path = "kind." + kind.name + '.';
        of.wrong().add(
            of.setter(path + "warn"),
            '`' + path + "warn` (" + format_duration(*kind.warn) + ") must be less than `" + path +
                "timeout` (" + format_duration(kind.timeout) + ')',
            "it is told while the command runs still"
        );
    }
}

}  // namespace curfew::policy
