#include "catalogue.hpp"

#include <curfew/clients/pg/pool.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace shop {
namespace {

namespace pg = curfew::pg;
using namespace std::chrono_literals;

constexpr auto lock_of_the_makers = 7'003;  // several shops may start at once

template <class Trouble>
[[noreturn]] void leave(const Trouble& why) {
    std::fprintf(stderr, "shop: %s\n", why.c_str());
    std::exit(1);
}

response failed(const pg::error& why) {
    std::fprintf(stderr, "shop: %s\n", why.message().c_str());
    return {curfew::describe(why.code()).http_status, R"({"error":"no listings now"})"};
}

pg::reply<> make_table(pg::pool& database) {
    auto held = database.acquire();
    if (!held) return std::unexpected{held.error()};
    auto work = held->begin();
    if (!work) return std::unexpected{work.error()};
    const auto locked = work->query("SELECT pg_advisory_xact_lock($1)", {lock_of_the_makers});
    if (!locked) return std::unexpected{locked.error()};
    constexpr std::array statements{
        "CREATE TABLE IF NOT EXISTS listing (id int PRIMARY KEY, name text, price int)",
        "INSERT INTO listing VALUES (1, 'Lamp', 39), (2, 'Chair', 120) ON CONFLICT DO NOTHING",
    };
    for (const auto* each : statements)
        if (const auto done = work->query(each); !done) return std::unexpected{done.error()};
    return work->commit();
}

}  // namespace

catalogue::catalogue(const std::string& url) {
    if (url.empty()) return;
    const auto where = pg::target::parse(url);
    if (!where) leave(where.error().message);
    pg::pool_options how;
    how.session.application_name = "shop";
    how.limit.acquire = 1s;
    how.limit.query = 2s;
    how.on_slow = [](const pg::slow_statement& slow) {
        const auto took = std::chrono::duration<double>{slow.took}.count();
        std::fprintf(stderr, "shop: %.1f s for %s\n", took, slow.text.c_str());
    };
    how.limit.initialization = 2s;
    how.limit.connection = 2s;
    database_ = std::make_unique<pg::pool>(*where, how);
    // A database that is not there yet is no reason not to serve what needs none.
    static_cast<void>(prepare());
}

std::optional<response> catalogue::prepare() {
    const std::lock_guard one_at_a_time{preparing_};
    if (is_prepared_) return std::nullopt;
    auto ready = database_->initialize();
    if (ready) ready = make_table(*database_);
    if (!ready) return failed(ready.error());
    is_prepared_ = true;
    return std::nullopt;
}

catalogue::~catalogue() = default;

response catalogue::list() {
    if (!database_) {
        return {200, R"([{"id":1,"name":"Lamp","price":39},{"id":2,"name":"Chair","price":120}])"};
    }
    if (!is_prepared_) {
        if (auto wrong = prepare()) return *std::move(wrong);
    }
    const auto found = database_->query(
        "SELECT coalesce(json_agg(listing ORDER BY id), '[]') FROM (SELECT id, name, price FROM "
        "listing ORDER BY id LIMIT 1000) AS listing"
    );
    if (found) return {200, std::string{found->at(0, 0).value_or("[]")}};
    return failed(found.error());
}

}  // namespace shop
