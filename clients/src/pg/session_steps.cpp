#include "readiness.hpp"
#include "session_state.hpp"

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace curfew::pg {
namespace {

constexpr int rounds_max = 32;  // of one step, as is the next
constexpr std::size_t share = std::size_t{16} << 10;
constexpr std::size_t read_least = std::size_t{8} << 10;  // libpq makes that much room
constexpr std::size_t talk_max = std::size_t{4} << 20;    // without a row
constexpr int nothings_max = 16;                          // between two answers

bool may_quote_values(std::string_view sqlstate) noexcept {
    return sqlstate.starts_with("22") || sqlstate.starts_with("23");
}

bool is_talk(errc why) noexcept {
    return why == errc::upstream_protocol || why == errc::result_too_large;
}

}  // namespace

void session::state::note_socket() noexcept {
    struct stat found{};
    const int present = PQsocket(connection.get());
    if (present < 0 || ::fstat(present, &found) != 0) return;
    if (present == number && found.st_ino == inode) return;
    number = present;
    inode = found.st_ino;
    ++serial;
}

std::size_t session::state::unread() const noexcept {
    int size = 0;
    const bool known = ::ioctl(PQsocket(connection.get()), FIONREAD, &size) == 0;
    return known && size > 0 ? static_cast<std::size_t>(size) : 0;
}

std::size_t session::state::note_heard(std::size_t before) noexcept {
    const auto taken = std::max(std::min(before, read_least), before - std::min(before, unread()));
    heard += taken;
    return taken;
}

void session::state::note_connected() {
    key.stop();
    note_socket();
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    PQsetnonblocking(connection.get(), 1);
    is = condition::ready;
}

progress session::state::connect_further() {
    std::size_t taken = 0;
    for (int round = 0; round < rounds_max && taken < share; ++round) {
        note_socket();
        const short events = wants == progress::reads ? POLLIN : POLLOUT;
        if (!is_ready(PQsocket(connection.get()), events)) return wants;
        const auto before = unread();
        const auto told = PQconnectPoll(connection.get());
        taken += note_heard(before);
        switch (told) {
            case PGRES_POLLING_READING:
                wants = progress::reads;
                break;
            case PGRES_POLLING_WRITING:
                wants = progress::writes;
                break;
            case PGRES_POLLING_OK:
                note_connected();
                return progress::done;
            default:
                problem = connect_trouble(connection.get());
                is = condition::lost;
                return progress::failed;
        }
        if (heard > talk_max) return lose(errc::upstream_protocol);
    }
    return progress::more;
}

std::string session::state::lifting() const {
    const bool takes_it = PQtransactionStatus(connection.get()) != PQTRANS_INERROR;
    return limited && takes_it ? "SET statement_timeout = 0; " : "";
}

void session::state::begin(std::size_t answers) {
    answers_left = answers;
    heard = 0;
    collected = rows{};
    problem = trouble{};
    collecting = failed = pipelined = leading = lifts = false;
    is = condition::running;
    last = progress::writes;
}

void session::state::sent(bool taken) {
    last = taken ? progress::writes : lose(errc::upstream_closed);
}

progress session::state::work_further() {
    auto* on = connection.get();
    std::size_t taken = 0;
    for (int round = 0; round < rounds_max && taken < share; ++round) {
        const int unsent = PQflush(on);
        const auto before = unread();
        const bool whole = PQconsumeInput(on) == 1;
        taken += note_heard(before);
        if (const auto end = take_results()) return *end;
        if (!whole || unsent < 0) return lose(errc::upstream_closed);
        if (heard > how.bytes_max + talk_max) return lose(errc::result_too_large);
        if (is_ready(PQsocket(on), POLLIN)) continue;
        if (unsent == 0) return progress::reads;
        if (!is_ready(PQsocket(on), POLLOUT)) return progress::writes;
    }
    return progress::more;
}

progress session::state::copy_further() {
    auto* on = connection.get();
    if (last == progress::done) return last;
    std::size_t taken = 0;
    for (int round = 0; round < rounds_max && taken < share; ++round) {
        const int unsent = PQflush(on);
        const auto before = unread();
        if (PQconsumeInput(on) != 1 || unsent < 0) return lose(errc::upstream_closed);
        taken += note_heard(before);
        if (heard > talk_max) return lose(errc::upstream_protocol);
        if (is_ready(PQsocket(on), POLLIN)) continue;
        if (unsent == 0) return progress::done;
        if (!is_ready(PQsocket(on), POLLOUT)) return progress::writes;
    }
    return progress::more;
}

std::optional<progress> session::state::take_results() {
    auto* on = connection.get();
    int nothings = 0;
    while (PQisBusy(on) == 0) {
        const answer_part part{PQgetResult(on)};
        if (!part) {
            if (pipelined && ++nothings <= nothings_max) continue;
            return finish();
        }
        if (const auto end = take(part)) return end;
        if (PQstatus(on) == CONNECTION_BAD) return lose(errc::upstream_closed);
    }
    return std::nullopt;
}

std::optional<progress> session::state::take(const answer_part& part) {
    switch (PQresultStatus(part.get())) {
        case PGRES_PIPELINE_SYNC:
            if (!std::exchange(leading, false)) return finish();
            if (lifts && !failed) limited = false;
            failed = false;
            problem = trouble{};
            PQsetSingleRowMode(connection.get());
            return std::nullopt;
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
            if (answers_left-- == 0) return lose(errc::upstream_protocol);
            [[fallthrough]];
        case PGRES_SINGLE_TUPLE:
            if (PQntuples(part.get()) > 0) heard = 0;
            if (!leading) collect(part.get());
            if (collected.size() > how.rows_max || collected.bytes() > how.bytes_max) {
                problem = {errc::result_too_large, "54000", 0, "the answer has too many rows"};
                return lose(errc::result_too_large);
            }
            return std::nullopt;
        case PGRES_COPY_IN:
            if (copy_ended || pipelined) return lose(errc::bad_usage);
            is = condition::copying;
            return progress::done;
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
            problem = {errc::bad_usage, "0A000", 0, "COPY TO STDOUT is not taken"};
            return lose(errc::bad_usage);
        default:
            note_failure(part.get());
            return std::nullopt;
    }
}

void session::state::collect(const pg_result* part) {
    const int columns = PQnfields(part);
    if (!std::exchange(collecting, PQresultStatus(part) == PGRES_SINGLE_TUPLE)) {
        collected = rows{};
        for (int column = 0; column < columns; ++column)
            collected.add_column(PQfname(part, column));
    }
    for (int row = 0; row < PQntuples(part); ++row) {
        for (int column = 0; column < columns; ++column) {
            if (PQgetisnull(part, row, column) != 0) {
                collected.add_null();
            } else {
                const auto size = static_cast<std::size_t>(PQgetlength(part, row, column));
                collected.add_value({PQgetvalue(part, row, column), size});
            }
        }
    }
    const std::string_view count = PQcmdTuples(const_cast<pg_result*>(part));
    std::uint64_t affected = 0;
    std::from_chars(count.data(), count.data() + count.size(), affected);
    collected.set_affected(affected);
}

void session::state::note_failure(const pg_result* part) {
    const char* sqlstate = PQresultErrorField(part, PG_DIAG_SQLSTATE);
    if (failed && sqlstate == nullptr) return;
    failed = true;
    if (sqlstate == nullptr) {
        const std::string_view words = PQresultErrorMessage(part);
        problem = {errc::upstream_closed, {}, errno_in(words), one_line(words)};
        return;
    }
    const char* words = PQresultErrorField(part, PG_DIAG_MESSAGE_PRIMARY);
    const bool shown = words != nullptr && !may_quote_values(sqlstate);
    problem = {code_of_sqlstate(sqlstate), sqlstate, 0, one_line(shown ? words : "")};
}

void session::state::note_limit() noexcept {
    const auto now = PQtransactionStatus(connection.get());
    if (now == PQTRANS_IDLE) limited = std::exchange(limited_later, false) || limited;
    if (now != PQTRANS_INTRANS || !lifts || failed) return;
    limited_later = true;  // a rollback brings it back
    limited = false;
}

progress session::state::finish() {
    auto* on = connection.get();
    if (PQstatus(on) == CONNECTION_BAD) return lose(errc::upstream_closed);
    if (std::exchange(pipelined, false) && PQexitPipelineMode(on) != 1)
        return lose(errc::upstream_protocol);
    copy_ended = false;
    note_limit();
    is = condition::ready;
    if (!failed) return progress::done;
    collected = rows{};
    return progress::failed;
}

progress session::state::lose(errc unless_known) {
    const bool known = failed || problem.code != errc::internal;
    if (!known) {
        const bool theirs = PQstatus(connection.get()) != CONNECTION_BAD && is_talk(unless_known);
        const std::string_view words =
            theirs ? "the server says more than was asked" : PQerrorMessage(connection.get());
        problem = {unless_known, {}, errno_in(words), one_line(words)};
    }
    collected = rows{};
    is = condition::lost;
    return progress::failed;
}

}  // namespace curfew::pg
