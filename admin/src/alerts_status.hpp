#pragma once

#include "exposition.hpp"
#include <curfew/admin/json_writer.hpp>
#include <curfew/alerts/status.hpp>

namespace curfew::admin {

/// How alerts are: the members `alerts` and `alert_sinks` of `/-/health`, and the families
/// `curfew_alert_*`.
void write_alerts(json_writer& out, const alerts::status& now);
void write_alerts(exposition& out, const alerts::status& now);

}  // namespace curfew::admin
