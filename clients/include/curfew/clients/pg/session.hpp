#pragma once

#include <curfew/clients/pg/parameter.hpp>
#include <curfew/clients/pg/rows.hpp>
#include <curfew/clients/pg/target.hpp>
#include <curfew/clients/pg/trouble.hpp>
#include <curfew/core/clock.hpp>

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct pg_conn;
struct pg_result;

namespace curfew::pg {

struct session_options {
    std::string application_name = "curfew";  ///< unless the target says one
    /// Bytes that the other side has not acknowledged for so long end the connection
    /// (TCP_USER_TIMEOUT); unless the target says another.
    duration user_timeout = std::chrono::seconds{10};
    std::size_t rows_max = 1'000'000;  ///< of one answer
    /// Of its values, at most 1 GiB. What the server says without a row among it (notices, settings
    /// that changed) may be 4 MiB more; beyond that the session is lost.
    std::size_t bytes_max = std::size_t{16} << 20;
};

/// What a step is waiting for.
enum class progress : std::uint8_t {
    reads,   ///< step again when the socket is readable
    writes,  ///< step again when it is writable or readable
    more,    ///< step again at once, if there is time left: it had its share for one step
    done,
    failed,  ///< `why()` says it
};

enum class condition : std::uint8_t {
    closed,  ///< nothing was begun, or `close` was called
    connecting,
    ready,    ///< takes the next statement
    running,  ///< a statement is on its way
    copying,  ///< the server waits for `put`
    lost,     ///< the connection is of no use any more
};

enum class transaction_state : std::uint8_t {
    none,
    open,
    broken,  ///< a statement failed in it: only a rollback is taken
    unknown,
};

/// What it takes to ask a server to cancel what a session runs: works without the session, as often
/// as one likes, and hits whatever that session runs by then.
struct cancel_ticket {
    sockaddr_storage server{};
    socklen_t size = 0;
    std::int32_t process = 0;
    std::int32_t key = 0;
};

/// One connection to a PostgreSQL, as steps that never block: begin something, then `advance()`
/// whenever the socket is ready, until it says `done` or `failed`. Whose thread, which loop and
/// what deadline are the caller's; `drive` (drive.hpp) is the loop for who has none.
///
///     auto made = session::connect(where, {});            // where: target::parse(text)
///     ... advance() until done, waiting on socket() ...
///     made->send("SELECT name FROM item WHERE id = $1", {{17}});
///     ... advance() until done ...
///     rows found = made->take_rows();
///
/// A step reads and writes what the socket has and takes, but some 16 KiB or 32 reads at most: then
/// it says `more`, so that a peer that never stops keeps nobody past a deadline. After `reads` and
/// `writes` nothing is left, so edges of an edge-triggered poller are enough. While it connects,
/// `socket()` may become another one after any step: `socket_serial()` tells, also when the number
/// is the same. What was given up on is ended by `close()`; to end it on the server too, send a
/// cancellation (cancellation.hpp).
/// Thread rule: one thread at a time. Move-only.
class session {
  public:
    /// No connection: `closed`.
    session() noexcept;
    session(session&& other) noexcept;
    session& operator=(session&& other) noexcept;
    /// Says goodbye if the socket takes it, and waits for nothing.
    ~session();

    /// Begins to connect. `addresses` has an entry for each place of the target that `is_named()`,
    /// in its order: its numeric address, or nothing to leave that place out; one place is left.
    /// The places are tried one after the other: one that does not answer keeps the rest from being
    /// tried (ways.hpp: of a name with several addresses, one at a time).
    /// Errors: local_resource, connect_failed, connect_refused.
    [[nodiscard]] static answer<session> connect(
        const target& where, std::span<const std::string> addresses, const session_options& how = {}
    );

    /// Goes on with what was begun. Never waits. Called too early it says what it said before.
    /// After `failed`, `is()` tells what is left: `ready` (the statement failed), or `lost`.
    [[nodiscard]] progress advance();

    /// To wait on; -1 when there is none.
    [[nodiscard]] int socket() const noexcept;

    /// Which of its sockets that is: 1, 2, ...
    [[nodiscard]] std::uint32_t socket_serial() const noexcept;

    [[nodiscard]] condition is() const noexcept;

    [[nodiscard]] transaction_state in_transaction() const noexcept;

    /// Begins one statement; the session is `ready`. With `server_limit`, the server is told to end
    /// it after that long, rounded up to a millisecond and never 0 (`statement_timeout`), in the
    /// same packet and outside of what the statement rolls back. It counts for this statement:
    /// what is begun next without one takes the limit away first, in its own packet. A COPY is
    /// `begin_copy`'s.
    void send(
        std::string_view statement,
        std::span<const parameter> values = {},
        std::optional<duration> server_limit = {}
    );

    /// Begins several statements separated by `;`, without parameters. Of their rows those of the
    /// last one are kept. After a statement with a limit they are one transaction, also if it is
    /// but one statement: VACUUM and its kin are for `send`.
    void send_script(const std::string& statements);

    /// Begins `COPY ... FROM STDIN`. `done` means: the server waits for `put` (`copying`).
    void begin_copy(const std::string& statement);

    /// A piece of the data, cut anywhere, best some 64 KiB. Then advance() until done: it was sent.
    /// `failed` may come early, when the server gave up on it.
    void put(std::string_view piece);

    /// No more pieces. `done`: the rows are in; `affected()` counts them.
    void end_copy();

    /// Takes the COPY back; it ends as `failed` with 57014.
    void break_off_copy();

    /// What the last statement answered, once.
    [[nodiscard]] rows take_rows() noexcept;

    /// Of the last `failed`.
    [[nodiscard]] const trouble& why() const noexcept;

    /// Nothing before it is connected.
    [[nodiscard]] std::optional<cancel_ticket> ticket() const noexcept;

    /// "15.4", or empty before it is connected.
    [[nodiscard]] std::string server_version() const;

    /// The server's process, for people; 0 before it is connected.
    [[nodiscard]] int server_process() const noexcept;

    /// Ends the connection now. Waits for nothing.
    void close() noexcept;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace curfew::pg
