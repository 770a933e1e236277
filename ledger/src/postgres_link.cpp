#include "postgres_link.hpp"

#include "address_lookup.hpp"
#include <curfew/clients/pg/drive.hpp>
#include <curfew/clients/pg/ways.hpp>

#include <algorithm>
#include <utility>

namespace curfew::ledger {
namespace {

constexpr auto slice = std::chrono::milliseconds{100};
constexpr std::size_t copied_at_once = std::size_t{64} << 10;

std::unexpected<pg::trouble> too_late(std::string_view name) {
    return std::unexpected{
        pg::trouble{errc::own_timeout, {}, 0, "no answer within " + std::string{name}}
    };
}

/// Until what was begun is over, or `until`, or whoever waits has something better to do.
pg::answer<> wait_out(
    pg::session& what, deadline until, const postgres_waiting& how, std::string_view limit_name
) {
    deadline next = earliest(until, deadline::after(how.time.now(), slice));
    while (true) {
        const auto told = what.advance();
        if (told == pg::progress::done) {
            return {};
        }
        if (told == pg::progress::failed) {
            return std::unexpected{what.why()};
        }
        if (pg::wait_for(what.socket(), told, next, how.time)) {
            continue;
        }
        if (until.expired(how.time.now())) {
            return too_late(limit_name);
        }
        if (how.meanwhile && !how.meanwhile()) {
            return std::unexpected{pg::trouble{errc::cancelled, {}, 0, "given up on"}};
        }
        next = earliest(until, deadline::after(how.time.now(), slice));
    }
}

}  // namespace

postgres_link::postgres_link(
    pg::session on, const database_limits& limits, const postgres_waiting& how
)
    : on_{std::move(on)}, limits_{limits}, how_{how} {}

pg::answer<postgres_link> postgres_link::open(
    const std::string& url, const database_limits& limits, const postgres_waiting& how
) {
    constexpr std::string_view limit_name = "database.connection";
    const deadline until = deadline::after(how.time.now(), limits.connection);
    const auto where = pg::target::parse(url);
    if (!where) {
        return std::unexpected{where.error()};
    }
    const auto addresses = look_up(*where, until.left(how.time.now()), how);
    if (!addresses) {
        return std::unexpected{addresses.error()};
    }
    pg::session_options options;
    options.application_name = "curfew ledger";
    pg::trouble last;
    for (std::size_t at = 0; at < pg::ways(*where, *addresses); ++at) {
        const auto now = how.time.now();
        const auto still = static_cast<int>(pg::ways(*where, *addresses) - at);
        const auto share = deadline::after(now, until.left(now) / still);
        auto made = pg::session::connect(*where, pg::way(*addresses, at), options);
        const auto done = made ? wait_out(*made, share, how, limit_name)
                               : pg::answer<>{std::unexpected{made.error()}};
        if (done) {
            return postgres_link{*std::move(made), limits, how};
        }
        last = done.error();
        if (!last.sqlstate.empty() || last.code == errc::cancelled) {
            break;
        }
    }
    return std::unexpected{std::move(last)};
}

void postgres_link::begin_work(duration limit) noexcept {
    work_until_ = deadline::after(how_.time.now(), limit);
}

pg::answer<> postgres_link::finish(duration limit, std::string_view name) {
    const deadline own = deadline::after(how_.time.now(), limit);
    const bool whole_first = is_earlier(work_until_, own);
    auto done = wait_out(
        on_, whole_first ? work_until_ : own, how_, whole_first ? "database.transaction" : name
    );
    if (!done && on_.is() != pg::condition::ready) {
        on_.close();
    }
    return done;
}

pg::answer<pg::rows> postgres_link::run(const std::string& script) {
    on_.send_script(script);
    if (auto done = finish(limits_.query, "database.query"); !done) {
        return std::unexpected{std::move(done.error())};
    }
    return on_.take_rows();
}

pg::answer<pg::rows> postgres_link::ask(
    std::string_view statement, std::span<const pg::parameter> values
) {
    on_.send(statement, values);
    if (auto done = finish(limits_.query, "database.query"); !done) {
        return std::unexpected{std::move(done.error())};
    }
    return on_.take_rows();
}

pg::answer<> postgres_link::copy(const std::string& statement, std::string_view data) {
    on_.begin_copy(statement);
    auto done = finish(limits_.query, "database.query");
    while (done && !data.empty()) {
        const auto piece = data.substr(0, copied_at_once);
        data.remove_prefix(piece.size());
        on_.put(piece);
        done = finish(limits_.query, "database.query");
    }
    if (done) {
        on_.end_copy();
        done = finish(limits_.query, "database.query");
    }
    return done;
}

void postgres_link::roll_back() {
    if (on_.is() == pg::condition::ready && on_.in_transaction() != pg::transaction_state::none) {
        (void)run("ROLLBACK");
    }
}

bool postgres_link::is_lost() const noexcept {
    return on_.is() != pg::condition::ready;
}

}  // namespace curfew::ledger
