#include "postgres_schema.hpp"
#include "postgres_store.hpp"
#include "postgres_text.hpp"

namespace curfew::ledger {
namespace {

// Deleted rows leave their room to new ones, and the tables do not shrink: so what is in use is
// told from the rows that there are. Their numbers follow one another, from the oldest.
constexpr std::string_view rows_and_bytes =
    "SELECT (coalesce((SELECT max(id) - min(id) + 1 FROM operation), 0) * "
    "coalesce((SELECT avg(pg_column_size(o)) + 112 FROM (SELECT * FROM operation ORDER BY id DESC "
    "LIMIT 256) o), 0) + CASE WHEN EXISTS(SELECT FROM operation) "
    "THEN pg_total_relation_size('minute') "
    "ELSE (SELECT coalesce(sum(octet_length(figures) + 88), 0) FROM minute) END)::bigint";

}  // namespace

result<std::uint64_t> postgres_store::change(std::string_view sql, std::int64_t a, std::int64_t b) {
    const auto done = on_.ask(with_numbers(sql, a, b), {});
    if (!done) {
        return std::unexpected{note(std::unexpected{done.error()}).error()};
    }
    return done->affected();
}

result<std::optional<std::int64_t>> postgres_store::number(
    std::string_view sql, std::int64_t a, std::int64_t b
) {
    const auto found = on_.ask(with_numbers(sql, a, b), {});
    if (!found) {
        return std::unexpected{note(std::unexpected{found.error()}).error()};
    }
    return found->empty() || !found->at(0, 0) ? std::nullopt
                                              : std::optional{number_at(*found, 0, 0)};
}

result<std::uint64_t> postgres_store::used_bytes() {
    const auto told = number(rows_and_bytes, 0, 0);
    if (!told) {
        return std::unexpected{told.error()};
    }
    return used_ = static_cast<std::uint64_t>(told->value_or(0));
}

result<store::trimmed> postgres_store::trim(
    const policy::ledger_policy& rules, wall_time now, std::uint64_t most
) {
    on_.begin_work(limits_.transaction);
    const auto begun = on_.run(begin_script());
    if (!begun) {
        return std::unexpected{note(std::unexpected{begun.error()}).error()};
    }
    const auto ours = number(
        "SELECT " + lock_call("pg_try_advisory_xact_lock", exclusive::trimming) + "::int", 0, 0
    );
    if (!ours) {
        return std::unexpected{ours.error()};
    }
    if (ours->value_or(0) == 0) {
        on_.roll_back();
        return trimmed{};
    }
    auto told = ledger::trim(*this, rules, now, most);
    if (!told) {
        return told;
    }
    if (const auto done = on_.run("COMMIT"); !done) {
        return std::unexpected{note(std::unexpected{done.error()}).error()};
    }
    return told;
}

}  // namespace curfew::ledger
