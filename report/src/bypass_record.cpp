#include "bypass_record.hpp"

namespace curfew::report {

bool is_bypass(const ledger::series& what) noexcept {
    return what.where == surface::startup && what.name == "bypass";
}

bypass_record bypass_of(const ledger::kept_operation& row) noexcept {
    bypass_record made;
    for (const auto& [key, value] : row.attributes) {
        if (key == "said") made.said = value;
        if (key == "by") made.by = value;
        if (key == "until") made.until = value;
    }
    return made;
}

}  // namespace curfew::report
