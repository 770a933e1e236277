#include "conversation.hpp"
#include <curfew/clients/pg/cancellation.hpp>
#include <curfew/clients/pg/error.hpp>
#include <curfew/clients/pg/ways.hpp>
#include <curfew/preflight/database_probe.hpp>
#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/yield.hpp>

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace curfew::preflight {

using runtime::task;

namespace {

constexpr duration cancel_most = std::chrono::seconds{1};
constexpr duration tick = std::chrono::milliseconds{10};

/// A stage, and its own limit.
struct bounded_stage {
    pg::operation during;
    duration limit;
    time_point began;
};

/// "Database query timeout: 0.701s exceeded limit 0.700s": by the limit that ended it, be it that
/// of the stage or one around it, and counted from where that limit began.
finding timeout(const bounded_stage& of, const runtime::scope& under) {
    const time_point now = under.on().outside().now();
    pg::error what;
    what.during = of.during;
    what.what.code = errc::own_timeout;
    what.why.kind = cause_kind::own_timeout;
    what.why.limit = of.limit;
    what.why.limit_name =
        of.during == pg::operation::query ? "database.query" : "database.connection";
    what.took = now - of.began;
    if (under.ended() && !is_limited_in_time(under.why())) {
        return {.sentence = "broken off"};
    }
    if (under.ended() && under.why().limit != of.limit) {
        const auto at = under.limit().at.point();
        what.why.limit = under.why().limit;
        what.why.limit_name = under.why().limit_name;
        what.took = what.why.limit + std::max(now - at.value_or(now), duration::zero());
        if (under.why().limit_name == "database.initialization") {
            what.during = pg::operation::initialization;
        }
    }
    return {.sentence = what.message(), .timed_out = true, .behind = {.ended_by = what.why}};
}

finding finding_of(const pg::trouble& why, const std::string& where) {
    return {
        .sentence = where + ": " +
                    (why.message.empty() ? std::string{describe(why.code).title} : why.message),
        .sqlstate = why.sqlstate,
        .error_number = why.system,
        .message = why.message
    };
}

finding unusable(const pg::trouble& why) {
    return {
        .sentence = "the target of the check is no place of a PostgreSQL: " + why.message,
        .known =
            classification{
                failure_kind::config, "the target is neither a URL nor words that libpq reads"
            }
    };
}

/// Waits as `told` asks for; false when `under` ended.
task<bool> wait_for(int socket, pg::progress told, runtime::scope& under) {
    if (told == pg::progress::more) {
        runtime::yield yielding{under};
        co_await yielding;
        co_return !under.ended();
    }
    runtime::watched_descriptor watched{
        under.on().outside(), runtime::descriptor{::fcntl(socket, F_DUPFD_CLOEXEC, 3)}
    };
    if (!watched.status()) co_return false;
    watched.ready().clear_readable();
    watched.ready().clear_writable();
    if (told == pg::progress::reads) {
        auto waiting = watched.ready().wait_readable(under);
        const auto woken = co_await waiting;
        co_return woken == runtime::wake::ready;
    }
    auto waiting = watched.ready().wait_writable(under);
    const auto woken = co_await waiting;
    co_return woken == runtime::wake::ready;
}

/// To the end of what was begun: nothing where `under` ended before.
template <class Steps>
task<std::optional<pg::progress>> drive(Steps& what, runtime::scope& under) {
    for (;;) {
        const auto told = what.advance();
        if (told == pg::progress::done || told == pg::progress::failed) co_return told;
        auto waiting = wait_for(what.socket(), told, under);
        const bool ready = co_await waiting;
        if (!ready) co_return std::nullopt;
    }
}

}  // namespace

database_probe::database_probe(const instruments& with, const std::string& url)
    : with_{with}, url_{url}, resolver_{with.on}, spent_{with.on.now(), {}} {}

task<std::optional<finding>> database_probe::connect(runtime::scope& under) {
    spent_ = budget{with_.on.now(), under.limit()};
    auto reaching = reach(under);
    auto wrong = co_await reaching;
    spent_.close(with_.on.outside().now());
    co_return wrong;
}

task<std::optional<finding>> database_probe::reach(runtime::scope& under) {
    const auto whom = pg::target::parse(url_);
    if (!whom) {
        co_return unusable(whom.error());
    }
    const time_point began = with_.on.now();
    runtime::scope limited{
        under, bound::after(began, with_.limits.connection, "database.connection")
    };
    const bounded_stage connecting_stage{pg::operation::connection, with_.limits.connection, began};
    std::vector<std::vector<std::string>> found;
    std::optional<finding> nameless;
    where_.clear();
    for (const auto& place : whom->places()) {
        const bool is_v6 = place.host.find(':') != place.host.npos;
        where_ += (where_.empty() ? "" : ",") + (is_v6 ? '[' + place.host + ']' : place.host) +
                  ':' + place.port;
        if (!place.is_named()) continue;
        std::uint16_t port = 0;
        std::from_chars(place.port.data(), place.port.data() + place.port.size(), port);
        spent_.enter(stage::resolve, with_.on.now());
        auto resolving = resolver_.resolve(place.host, port, limited);
        const auto resolved = co_await resolving;
        if (!resolved && limited.ended()) {
            co_return timeout(connecting_stage, limited);
        }
        auto& addresses = found.emplace_back();
        if (!resolved) {
            nameless = unnamed(place.host, resolved.error());
            continue;
        }
        for (const auto& each : *resolved) {
            addresses.push_back(each.host_text());
        }
    }
    where_ += '/' + whom->database();
    spent_.enter(stage::connect, with_.on.now());
    std::optional<finding> wrong;
    const auto most = pg::ways(*whom, found);
    if (most == 0) {
        co_return nameless;
    }
    for (std::size_t at = 0; at < most && !limited.ended(); ++at) {
        const auto left = limited.limit().at.left(with_.on.now());
        const auto share = left / static_cast<int>(most - at);
        runtime::scope trying{limited, bound::after(with_.on.now(), share, "database.connection")};
        auto connecting = connect_to(*whom, pg::way(found, at), trying);
        wrong = co_await connecting;
        if (!wrong || !wrong->sqlstate.empty()) break;
    }
    if (wrong && wrong->timed_out) {
        wrong = timeout(connecting_stage, limited);
    }
    co_return wrong;
}

task<std::optional<finding>> database_probe::connect_to(
    const pg::target& whom, std::vector<std::string> addresses, runtime::scope& under
) {
    auto begun = pg::session::connect(whom, addresses);
    if (!begun) {
        co_return finding_of(begun.error(), where_);
    }
    session_ = *std::move(begun);
    auto driving = drive(session_, under);
    const auto ended = co_await driving;
    if (!ended) {
        session_.close();
        co_return finding{.sentence = "no answer in time", .timed_out = true};
    }
    if (*ended == pg::progress::failed) {
        co_return finding_of(session_.why(), where_);
    }
    co_return std::nullopt;
}

task<std::expected<pg::rows, finding>> database_probe::ask(
    std::string statement, runtime::scope& under
) {
    const time_point began = with_.on.now();
    const bounded_stage asking{pg::operation::query, with_.limits.query, began};
    runtime::scope limited{under, bound::after(began, asking.limit, "database.query")};
    const duration most = limited.limit().at.left(began);
    spent_.enter(stage::attempt, began);
    session_.send(statement, {}, most);
    auto driving = drive(session_, limited);
    const auto ended = co_await driving;
    spent_.close(with_.on.outside().now());
    if (!ended) {
        auto wrong = timeout(asking, limited);
        auto cancelling = cancel();
        co_await cancelling;
        session_.close();
        co_return std::unexpected{std::move(wrong)};
    }
    if (*ended == pg::progress::failed) {
        // The server has been told the same limit, and may have been the first to end it.
        const bool late = session_.why().code == errc::cancelled &&
                          with_.on.outside().now() - began + tick >= most;
        co_return std::unexpected{
            late ? timeout(asking, limited) : finding_of(session_.why(), where_)
        };
    }
    co_return session_.take_rows();
}

task<> database_probe::cancel() {
    const auto whom = session_.ticket();
    if (!whom) {
        co_return;
    }
    runtime::scope trying{with_.on, bound::after(with_.on.now(), cancel_most, "database.cancel")};
    pg::cancellation asking{*whom};
    auto driving = drive(asking, trying);
    co_await driving;
}

}  // namespace curfew::preflight
