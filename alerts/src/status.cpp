#include <curfew/alerts/status.hpp>

#include <algorithm>

namespace curfew::alerts {

namespace {

/// Firing first; that nothing is known only where nothing better is.
int rank(state which) noexcept {
    switch (which) {
        case state::firing:
            return 4;
        case state::clearing:
            return 3;
        case state::pending:
            return 2;
        case state::inactive:
            return 1;
        case state::no_data:
            break;
    }
    return 0;
}

}  // namespace

const standing& worst_of(const summary& of) noexcept {
    static const standing nothing{};
    const auto worst = std::ranges::max_element(of.operations, {}, [](const standing& each) {
        return rank(each.is);
    });
    return worst == of.operations.end() ? nothing : *worst;
}

}  // namespace curfew::alerts
