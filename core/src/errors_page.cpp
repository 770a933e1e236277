#include <curfew/core/errors_page.hpp>
#include <curfew/core/failure.hpp>

#include <string_view>

namespace curfew {

namespace {

constexpr std::string_view introduction =
    R"(# Errors

Everything that can go wrong, from one table in `core/src/failure.cpp`. This page is generated from
it: change the table, then run `CURFEW_UPDATE=1 core_test --gtest_filter='errors_page.*'`.

- **error** is the stable name: it ends the `type` of a refusal (RFC 9457), as in
  `urn:curfew:error:queue-full`.
- Beside it stand `cause`, `reason` where a guard refused, `limit` (the policy key, or the caller's
  field, that decided) and `limit_ms`; where no limit decided there is no `limit`, and `limit_ms` is
  null. Where the limit is a count or a size, it is null too and `limit_value` the number (of
  `limiter` and `limiter.route_share`: places at that moment; a limit of the machine, as
  `RLIMIT_NOFILE`, has none). `detail` says which rule of HTTP was broken.
- **exit** is the exit code of a verb that ended for this reason.
- **HTTP** is the status of a refusal; `-` where the error never answers a request.
- **SQLSTATE** is what a PostgreSQL client is told.
- **again** says whether the same call may succeed later.

| error | what happened | what to do | exit | HTTP | SQLSTATE | again |
|---|---|---|---|---|---|---|
)";

std::string row(const errc_entry& entry) {
    std::string text = "| <a id=\"";
    text.append(entry.id).append("\"></a>`").append(entry.id).append("` | ");
    text.append(entry.title).append(" | ").append(entry.remedy).append(" | ");
    text.append(std::to_string(entry.exit_code)).append(" | ");
    text.append(entry.http_status == 0 ? "-" : std::to_string(entry.http_status)).append(" | ");
    text.append(entry.sqlstate).append(" | ").append(entry.retryable ? "yes" : "no");
    return text.append(" |\n");
}

}  // namespace

std::string render_errors_markdown() {
    std::string page{introduction};
    for (const errc_entry& entry : errc_table()) {
        page += row(entry);
    }
    return page;
}

}  // namespace curfew
