#include "readiness.hpp"
#include "session_state.hpp"

#include <sys/stat.h>

#include <charconv>
#include <utility>

namespace curfew::pg {

void session::state::note_socket() noexcept {
    struct stat found{};
    const int present = PQsocket(connection.get());
    if (present < 0 || ::fstat(present, &found) != 0) return;
    if (present == number && found.st_ino == inode) return;
    number = present;
    inode = found.st_ino;
    ++serial;
}

progress session::state::connect_further() {
    while (true) {
        note_socket();
        const short events = last == progress::reads ? POLLIN : POLLOUT;
        if (!is_ready(PQsocket(connection.get()), events)) return last;
        switch (PQconnectPoll(connection.get())) {
            case PGRES_POLLING_READING:
                last = progress::reads;
                break;
            case PGRES_POLLING_WRITING:
                last = progress::writes;
                break;
            case PGRES_POLLING_OK:
                key.stop();
                note_socket();
                PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
                PQsetnonblocking(connection.get(), 1);
                is = condition::ready;
                return progress::done;
            default:
                problem = connect_trouble(connection.get());
                is = condition::lost;
                return progress::failed;
        }
    }
}

void session::state::begin() {
    collected = rows{};
    problem = trouble{};
    collecting = failed = pipelined = leading = false;
    is = condition::running;
    last = progress::writes;
}

void session::state::sent(bool taken) {
    last = taken ? progress::writes : lose(errc::upstream_closed);
}

progress session::state::work_further() {
    auto* on = connection.get();
    while (true) {
        const int unsent = PQflush(on);
        const bool whole = PQconsumeInput(on) == 1;
        if (const auto end = take_results()) return *end;
        if (!whole || unsent < 0) return lose(errc::upstream_closed);
        if (is_ready(PQsocket(on), POLLIN)) continue;
        if (unsent == 0) return progress::reads;
        if (!is_ready(PQsocket(on), POLLOUT)) return progress::writes;
    }
}

progress session::state::copy_further() {
    auto* on = connection.get();
    if (last == progress::done) return last;
    while (true) {
        const int unsent = PQflush(on);
        if (PQconsumeInput(on) != 1 || unsent < 0) return lose(errc::upstream_closed);
        if (is_ready(PQsocket(on), POLLIN)) continue;
        if (unsent == 0) return progress::done;
        if (!is_ready(PQsocket(on), POLLOUT)) return progress::writes;
    }
}

std::optional<progress> session::state::take_results() {
    auto* on = connection.get();
    while (PQisBusy(on) == 0) {
        const answer_part part{PQgetResult(on)};
        if (!part) {
            if (pipelined) continue;
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
            failed = false;
            problem = trouble{};
            PQsetSingleRowMode(connection.get());
            return std::nullopt;
        case PGRES_TUPLES_OK:
        case PGRES_SINGLE_TUPLE:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
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
    problem = {code_of_sqlstate(sqlstate), sqlstate, 0, one_line(words == nullptr ? "" : words)};
}

progress session::state::finish() {
    auto* on = connection.get();
    if (PQstatus(on) == CONNECTION_BAD) return lose(errc::upstream_closed);
    if (std::exchange(pipelined, false) && PQexitPipelineMode(on) != 1)
        return lose(errc::upstream_protocol);
    copy_ended = false;
    is = condition::ready;
    if (!failed) return progress::done;
    collected = rows{};
    return progress::failed;
}

progress session::state::lose(errc unless_known) {
    const bool known = failed || problem.code != errc::internal;
    if (!known) {
        const std::string_view words = PQerrorMessage(connection.get());
        problem = {unless_known, {}, errno_in(words), one_line(words)};
    }
    collected = rows{};
    is = condition::lost;
    return progress::failed;
}

}  // namespace curfew::pg
