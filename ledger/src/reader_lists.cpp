#include "reader_connection.hpp"

#include <algorithm>
#include <string>

namespace curfew::ledger {
namespace {

constexpr std::int64_t list_max = 10'000;

constexpr std::string_view instance_columns =
    "SELECT id, process, version, started_ns, last_seen_ns, stopped FROM instance ";

instance instance_in(const row& found) {
    return {
        found.number(0),
        found.number(1),
        std::string{found.text(2)},
        wall_of(found.number(3)),
        wall_of(found.number(4)),
        found.number(5) != 0
    };
}

}  // namespace

result<std::vector<mark>> reader::marks(const range& when) {
    std::vector<mark> all;
    const auto done = on_->from->select(
        "SELECT at_ns, text FROM mark WHERE at_ns>=$1 AND at_ns<$2 "
        "ORDER BY at_ns DESC, id DESC LIMIT " +
            std::to_string(list_max),
        nanoseconds(when.from),
        nanoseconds(when.to),
        [&](const row& found) -> result<bool> {
            all.push_back({wall_of(found.number(0)), std::string{found.text(1)}});
            return true;
        }
    );
    std::ranges::reverse(all);
    return done ? result<std::vector<mark>>{std::move(all)} : std::unexpected{done.error()};
}

result<std::vector<instance>> reader::instances(const range& when) {
    std::vector<instance> all;
    const auto done = on_->from->select(
        std::string{instance_columns} +
            "WHERE last_seen_ns>=$1 AND started_ns<$2 ORDER BY id DESC LIMIT " +
            std::to_string(list_max),
        nanoseconds(when.from),
        nanoseconds(when.to),
        [&](const row& found) -> result<bool> {
            all.push_back(instance_in(found));
            return true;
        }
    );
    std::ranges::reverse(all);
    return done ? result<std::vector<instance>>{std::move(all)} : std::unexpected{done.error()};
}

result<std::optional<instance>> reader::find_instance(std::int64_t id) {
    std::optional<instance> one;
    const auto done = on_->from->select(
        std::string{instance_columns} + "WHERE id=$1",
        id,
        0,
        [&](const row& found) -> result<bool> {
            one = instance_in(found);
            return false;
        }
    );
    return done ? result<std::optional<instance>>{std::move(one)} : std::unexpected{done.error()};
}

result<fates> reader::what_became(const range& when) {
    fates sums{};
    const auto done = on_->from->select(
        "SELECT what, CAST(sum(count) AS BIGINT) FROM fate WHERE minute>=$1 AND minute<$2 GROUP BY "
        "what",
        minute_of(when.from),
        minute_of(when.to),
        [&](const row& found) -> result<bool> {
            for (std::size_t i = 0; i < fate_count; ++i) {
                if (to_string(static_cast<fate>(i)) == found.text(0)) {
                    sums[i] = static_cast<std::uint64_t>(found.number(1));
                }
            }
            return true;
        }
    );
    return done ? result<fates>{sums} : std::unexpected{done.error()};
}

result<coverage> reader::covers() {
    const auto row = on_->optional_number("SELECT minute FROM operation ORDER BY minute LIMIT 1");
    const auto first = on_->optional_number("SELECT minute FROM minute ORDER BY minute LIMIT 1");
    const auto last =
        on_->optional_number("SELECT minute FROM minute ORDER BY minute DESC LIMIT 1");
    const auto bytes = on_->from->bytes();
    for (const auto* each : {&row, &first, &last}) {
        if (!*each) {
            return std::unexpected{each->error()};
        }
    }
    if (!bytes) {
        return std::unexpected{bytes.error()};
    }
    const auto begin = [](const std::optional<std::int64_t>& at) -> std::optional<wall_time> {
        return at ? std::optional{begin_of(*at)} : std::nullopt;
    };
    return coverage{begin(*row), begin(*first), begin(*last), *bytes};
}

}  // namespace curfew::ledger
