#include "postgres_source.hpp"
#include "reader_connection.hpp"
#include "sqlite_source.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace curfew::ledger {
namespace {

constexpr std::size_t trace_rows_max = 1'000;

}  // namespace

std::uint64_t minute_figures::count() const noexcept {
    return of_->count();
}

std::uint64_t minute_figures::near_misses() const noexcept {
    return of_->near_misses();
}

duration minute_figures::sum() const noexcept {
    return of_->sum();
}

duration minute_figures::spent(stage in) const noexcept {
    return of_->spent(in);
}

void minute_figures::add_to(figures& sum) const noexcept {
    of_->add_to(sum);
}

reader::reader(std::unique_ptr<connection> on) noexcept : on_{std::move(on)} {}

reader::reader(reader&&) noexcept = default;
reader& reader::operator=(reader&&) noexcept = default;
reader::~reader() = default;

result<reader> reader::open(const std::string& path) {
    auto opened = sqlite_source::open(path);
    if (!opened) {
        return std::unexpected{opened.error()};
    }
    return reader{std::make_unique<connection>(*std::move(opened))};
}

std::expected<reader, setback> reader::open(const database_place& where, const clock& time) {
    auto opened = postgres_source::open(where, {time});
    if (!opened) {
        return std::unexpected{std::move(opened.error())};
    }
    return reader{std::make_unique<connection>(*std::move(opened))};
}

std::string reader::reason() const {
    return on_->from->reason();
}

result<> reader::each_minute(const filter& which, const visitor& visit) {
    return on_->minutes(which, [&](minute at, std::int64_t id, const sparse_figures& read) {
        visit(at, *on_->find(id), minute_figures{read});
    });
}

result<std::vector<series_figures>> reader::sum(const filter& which) {
    std::unordered_map<std::int64_t, std::unique_ptr<figures>> sums;
    const auto done = on_->minutes(which, [&](minute, std::int64_t id, const sparse_figures& read) {
        auto& sum = sums[id];
        if (!sum) {
            sum = std::make_unique<figures>();
        }
        read.add_to(*sum);
    });
    if (!done) {
        return std::unexpected{done.error()};
    }
    std::map<series, std::int64_t> order;
    for (const auto& [id, unused] : sums) {
        order.emplace(*on_->find(id), id);
    }
    std::vector<series_figures> all;
    all.reserve(order.size());
    for (const auto& [what, id] : order) {
        all.push_back({what, *sums[id]});
    }
    return all;
}

namespace {

constexpr std::string_view columns =
    "SELECT o.series, o.instance, o.started_ns, o.took_ns, o.limit_ns, o.cause_limit_ns, "
    "o.trace_high, o.trace_low, o.span, o.one_in, o.detail FROM ";

// One step into the index for each minute that has rows, see schema.cpp.
constexpr std::string_view each_minute_once =
    "WITH RECURSIVE m(at) AS (SELECT min(minute) FROM operation UNION ALL "
    "SELECT (SELECT min(minute) FROM operation WHERE minute>m.at) FROM m "
    "WHERE m.at IS NOT NULL) ";

}  // namespace

result<std::vector<kept_operation>> reader::operations(
    const filter& which, bool plain_successes, std::size_t most
) {
    std::vector<kept_operation> found;
    const auto one = [&](const row& each) -> result<bool> {
        const series* what = on_->find(each.number(0));
        if (found.size() == most) {
            return false;
        }
        if (what != nullptr && !matches(*what, which)) {
            return true;
        }
        auto read = on_->read_operation(each);
        if (!read) {
            return std::unexpected{read.error()};
        }
        found.push_back(std::move(*read));
        return true;
    };
    const auto done = on_->at_one_moment([&] {
        return on_->from->select(
            std::string{columns} + "operation o WHERE o.minute>=$1 AND o.minute<$2" +
                (plain_successes ? " ORDER BY o.minute DESC, o.trace_low DESC, o.id DESC"
                                 : " AND o.notable=1 ORDER BY o.minute DESC, o.id DESC"),
            minute_of(which.when.from),
            minute_of(which.when.to),
            one
        );
    });
    if (!done) {
        return std::unexpected{done.error()};
    }
    std::ranges::sort(found, std::greater{}, [](const auto& each) {
        return each.started + each.took;
    });
    return found;
}

result<std::vector<kept_operation>> reader::find(
    std::uint64_t trace_high, std::uint64_t trace_low
) {
    std::vector<kept_operation> found;
    const auto one = [&](const row& each) -> result<bool> {
        auto read = on_->read_operation(each);
        if (!read) {
            return std::unexpected{read.error()};
        }
        found.push_back(std::move(*read));
        return found.size() < trace_rows_max;
    };
    const auto done = on_->at_one_moment([&] {
        return on_->from->select(
            std::string{each_minute_once} + std::string{columns} + "m " +
                std::string{on_->from->ordered_join()} +
                " operation o ON o.minute=m.at AND o.trace_low=$1 WHERE o.trace_high=$2 "
                "ORDER BY o.minute, o.id",
            static_cast<std::int64_t>(trace_low),
            static_cast<std::int64_t>(trace_high),
            one
        );
    });
    if (!done) {
        return std::unexpected{done.error()};
    }
    std::ranges::sort(found, {}, &kept_operation::started);
    return found;
}

}  // namespace curfew::ledger
