// Lists what is in a table, every wait with a bound: `items postgresql://...`.
#include <curfew/clients/pg/pool.hpp>

#include <chrono>
#include <cstdio>

namespace {

namespace pg = curfew::pg;
using namespace std::chrono_literals;

int complain(const pg::error& why) {
    std::fprintf(stderr, "items: %s\n       %s\n", why.message().c_str(), why.details().c_str());
    return curfew::describe(why.code()).exit_code;
}

pg::reply<> fill(pg::lease& on) {
    auto work = on.begin();
    if (!work) return std::unexpected{work.error()};
    for (const auto* statement :
         {"CREATE TEMP TABLE item (id int, name text)", "INSERT INTO item VALUES (7, 'lamp')"})
        if (auto done = work->query(statement); !done) return std::unexpected{done.error()};
    return work->commit();  // left in any other way, it is rolled back
}

}  // namespace

int main(int count, char** arguments) {
    const auto where = pg::target::parse(count > 1 ? arguments[1] : "");
    if (!where) {
        std::fprintf(stderr, "items: %s\n", where.error().message.c_str());
        return 2;
    }
    pg::pool database{*where, {.environment = "staging", .limit = {.query = 2s}}};
    if (const auto ready = database.initialize(); !ready) return complain(ready.error());

    const curfew::steady_clock time;
    const auto until = curfew::deadline::after(time.now(), 5s);  // for all of it
    auto held = database.acquire(until);
    if (!held) return complain(held.error());
    if (const auto filled = fill(*held); !filled) return complain(filled.error());
    const auto found = held->query("SELECT id, name FROM item WHERE id = $1", {7}, until);
    if (!found) return complain(found.error());
    for (std::size_t row = 0; row < found->size(); ++row) {
        const auto name = found->at(row, 1).value_or("nothing");
        std::printf("%.*s\n", static_cast<int>(name.size()), name.data());
    }

    const auto hung =
        held->query("SELECT pg_sleep(60)", {}, curfew::deadline::after(time.now(), 50ms));
    return hung ? 1 : complain(hung.error());
}
