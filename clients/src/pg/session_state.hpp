#pragma once

#include "key_catcher.hpp"
#include <curfew/clients/pg/session.hpp>

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

namespace curfew::pg {

struct connection_closer {
    void operator()(pg_conn* of) const noexcept { PQfinish(of); }
};

struct answer_deleter {
    void operator()(pg_result* of) const noexcept { PQclear(of); }
};

using answer_part = std::unique_ptr<pg_result, answer_deleter>;

/// What a session is, apart from its handle: which moves, while libpq and the trace point here.
struct session::state {
    session_options how;
    std::unique_ptr<pg_conn, connection_closer> connection;
    key_catcher key;  // listens to the connection, so it goes first
    condition is = condition::closed;
    progress last = progress::writes;
    progress wants = progress::writes;  // while it connects, where `last` may be `more`
    bool pipelined = false;
    bool leading = false;  // the answer to the time limit comes first
    bool copy_ended = false;
    bool collecting = false;  // rows of the present answer have a head already
    bool failed = false;
    bool limited = false;          // the server may still have the limit of a statement
    bool limited_later = false;    // when the transaction is over
    bool lifts = false;            // what is begun takes it away first
    std::size_t answers_left = 0;  // statements that may still end
    std::size_t heard = 0;         // bytes since the last row
    std::uint32_t serial = 0;
    int number = -1;
    unsigned long long inode = 0;
    rows collected;
    trouble problem;

    [[nodiscard]] progress connect_further();
    [[nodiscard]] progress work_further();
    [[nodiscard]] progress copy_further();
    [[nodiscard]] progress finish();
    [[nodiscard]] progress lose(errc unless_known);
    void begin(std::size_t answers);
    [[nodiscard]] std::string lifting() const;
    [[nodiscard]] std::size_t unread() const noexcept;

    /// Counts what a step read of the `before` that were there; returns how much that was.
    std::size_t note_heard(std::size_t before) noexcept;
    void sent(bool taken);
    void note_socket() noexcept;
    void note_limit() noexcept;
    void note_connected();

    /// Nothing more to be had now, or the end of the statement.
    [[nodiscard]] std::optional<progress> take_results();
    [[nodiscard]] std::optional<progress> take(const answer_part& part);
    void collect(const pg_result* part);
    void note_failure(const pg_result* part);
};

/// The trouble that libpq told while it connected.
[[nodiscard]] trouble connect_trouble(pg_conn* connection);

/// One line of at most trouble::message_max bytes.
[[nodiscard]] std::string one_line(std::string_view text);

/// errno, if `text` holds the system's words for one that a connection may end with; else 0.
[[nodiscard]] int errno_in(std::string_view text);

}  // namespace curfew::pg
