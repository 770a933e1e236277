#include "postgres_store.hpp"
#include "postgres_text.hpp"

#include <array>

namespace curfew::ledger {
namespace {

constexpr std::size_t known_max = 2 * batch::series_max;

std::array<std::string, 7> texts_of(const series& what) {
    return {
        std::string{to_string(what.where)},
        storable(what.name),
        std::string{to_string(what.ended)},
        std::string{to_string(what.why)},
        std::string{to_string(what.reason)},
        std::string{what.error ? describe(*what.error).id : std::string_view{}},
        storable(what.limit_name)
    };
}

}  // namespace

pg::answer<postgres_store::series_ids> postgres_store::ids_of(const batch& what) {
    const auto& all = what.all_series();
    std::vector<bool> used(all.size());
    std::vector<const series*> missing;
    // In the order in which they are met, so that their numbers are those of a file.
    const auto meet = [&](batch::series_index which) {
        if (!used[which] && !known_.contains(all[which])) {
            missing.push_back(&all[which]);
        }
        used[which] = true;
    };
    for (const auto& [key, unused] : what.minutes()) {
        meet(key.what);
    }
    for (const batch::row& each : what.rows()) {
        meet(each.what);
    }
    if (known_.size() + missing.size() > known_max) {
        known_.clear();
        missing.clear();
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (used[i]) {
                missing.push_back(&all[i]);
            }
        }
    }
    if (!missing.empty()) {
        if (auto done = learn(missing); !done) {
            return std::unexpected{std::move(done.error())};
        }
    }
    series_ids ids(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        ids[i] = used[i] ? known_.at(all[i]) : 0;
    }
    return ids;
}

pg::answer<> postgres_store::learn(const std::vector<const series*>& missing) {
    std::array<postgres_array, 7> columns;
    for (const series* each : missing) {
        const auto texts = texts_of(*each);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            columns[i].add_text(texts[i]);
        }
    }
    std::vector<pg::parameter> values;
    for (auto& each : columns) {
        values.emplace_back(each.take());
    }
    constexpr std::string_view asked =
        "unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
        "$7::text[]) WITH ORDINALITY AS a(surface, name, outcome, cause, reason, error, "
        "limit_name, at)";
    const auto made = on_.ask(
        "INSERT INTO series(surface, name, outcome, cause, reason, error, limit_name) "
        "SELECT surface, name, outcome, cause, reason, error, limit_name FROM " +
            std::string{asked} + " ORDER BY at ON CONFLICT DO NOTHING",
        values
    );
    if (!made) {
        return std::unexpected{made.error()};
    }
    const auto found = on_.ask(
        "SELECT s.id, a.at FROM " + std::string{asked} +
            " JOIN series s USING(surface, name, outcome, cause, reason, error, limit_name)",
        values
    );
    if (!found) {
        return std::unexpected{found.error()};
    }
    if (found->size() != missing.size()) {
        return damaged_ledger();
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto at = static_cast<std::size_t>(number_at(*found, i, 1) - 1);
        known_.insert_or_assign(*missing.at(at), number_at(*found, i, 0));
    }
    return {};
}

}  // namespace curfew::ledger
