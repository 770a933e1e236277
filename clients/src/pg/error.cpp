#include <curfew/clients/pg/error.hpp>

#include <array>
#include <cmath>
#include <cstdio>

namespace curfew::pg {
namespace {

/// "76.2s"; under a second "0.050s". What was exceeded never looks as short as its limit.
std::string seconds(duration length, duration beside, bool up) {
    const bool fine = beside < std::chrono::seconds{1};
    const double scale = fine ? 1e3 : 10;
    const double value = std::chrono::duration<double>{length}.count() * scale;
    const double rounded = up ? std::ceil(value - 1e-6) : std::round(value);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.*fs", fine ? 3 : 1, rounded / scale);
    return text.data();
}

}  // namespace

std::string_view to_string(operation what) noexcept {
    switch (what) {
        case operation::connection:
            return "connection";
        case operation::initialization:
            return "initialization";
        case operation::acquire:
            return "acquire";
        case operation::query:
            return "query";
        default:
            return "transaction";
    }
}

bool error::is_timeout() const noexcept {
    return why.kind == cause_kind::own_timeout || why.kind == cause_kind::inherited_deadline ||
           why.reason == shed_reason::queue_timeout;
}

std::string error::message() const {
    std::string text = "Database ";
    text.append(to_string(during));
    if (is_timeout()) {
        return text + " timeout: " + seconds(took, why.limit, true) + " exceeded limit " +
               seconds(why.limit, why.limit, false);
    }
    const bool refused = why.kind == cause_kind::shed || why.kind == cause_kind::breaker_open ||
                         why.kind == cause_kind::shutdown;
    text += refused ? " refused: " : " failed: ";
    text += what.message.empty() ? describe(what.code).title : std::string_view{what.message};
    if (!what.sqlstate.empty()) text.append(" (SQLSTATE ").append(what.sqlstate).append(")");
    if (outcome_unknown) text += "; whether it took effect is not known";
    return text;
}

std::string error::details() const {
    std::string text = "environment " + environment;
    if (!why.limit_name.empty()) text.append("; limit ").append(why.limit_name);
    text.append("; pressure ").append(pressure.empty() ? "none" : pressure);
    text.append("; time: ").append(account.format());
    if (outcome_unknown) text += "; whether the statement took effect is not known";
    return text;
}

}  // namespace curfew::pg
