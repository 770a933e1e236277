#include <curfew/clients/pg/trouble.hpp>

namespace curfew::pg {

errc code_of_sqlstate(std::string_view sqlstate) noexcept {
    const auto of_class = [&](std::string_view two) { return sqlstate.starts_with(two); };
    if (sqlstate == "57014") return errc::cancelled;
    if (sqlstate == "25P03" || sqlstate == "57P05") return errc::own_timeout;
    if (of_class("57P")) return errc::upstream_down;
    if (of_class("28")) return errc::database_login;
    if (of_class("53")) return errc::database_full;
    if (of_class("40") || sqlstate == "55P03") return errc::database_conflict;
    if (sqlstate == "08P01") return errc::upstream_protocol;
    if (of_class("08") || of_class("58") || of_class("XX")) return errc::upstream_closed;
    return errc::database_refused;
}

bool is_answer(errc code) noexcept {
    return code == errc::database_refused || code == errc::database_conflict;
}

}  // namespace curfew::pg
