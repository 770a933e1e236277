#pragma once

#include "exposition.hpp"
#include <curfew/admin/json_writer.hpp>
#include <curfew/ledger/ledger.hpp>

namespace curfew::admin {

/// How the ledger is: the member `ledger` of `/-/health`, and the families `curfew_ledger_*`. Null:
/// none is kept; then health says `off`, and there are no families.
void write_ledger(json_writer& out, const ledger::status* now);
void write_ledger(exposition& out, const ledger::status* now);

}  // namespace curfew::admin
