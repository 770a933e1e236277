#pragma once

#include <curfew/clients/pg/rows.hpp>
#include <curfew/clients/pg/session.hpp>

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace curfew::scratch {

struct postgres_options {
    std::string password{};    ///< empty: everybody is trusted; else SCRAM asks `test` for it
    int connections_max = 40;  ///< max_connections; three of them are kept for superusers
};

/// A PostgreSQL of a test's own: Debian's, in a new folder, on a free port of 127.0.0.1, as a user
/// that is not root. Its superuser is `test`, its database `postgres`. Gone with this object, and
/// with the test program, however that ends. Starting one takes a second or two: share it.
class postgres {
  public:
    /// Whether there is none on this machine: skip.
    [[nodiscard]] static bool is_missing();

    /// Null when it did not start, which is said on stderr.
    [[nodiscard]] static std::unique_ptr<postgres> start(const postgres_options& how = {});

    postgres(const postgres&) = delete;
    postgres& operator=(const postgres&) = delete;
    ~postgres();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// `postgresql://test[:password]@127.0.0.1:port/postgres`
    [[nodiscard]] std::string url() const;

    /// The same for somebody else: a role, a password.
    [[nodiscard]] std::string url(const std::string& user, const std::string& password) const;

    /// Its local socket: `host=FOLDER port=... user=test dbname=postgres`.
    [[nodiscard]] std::string local_words() const;

    /// Runs one statement on a connection of its own, as `test`. Ends the process if that fails:
    /// the test cannot mean anything then.
    pg::rows ask(const std::string& statement) const;

    /// The one number of such an answer.
    [[nodiscard]] long number(const std::string& statement) const;

    /// Backends of clients that are running a statement now, this question's own not counted.
    [[nodiscard]] long active() const;

    /// Backends of clients with that application_name.
    [[nodiscard]] long connected(const std::string& application) const;

    /// SIGSTOP to the server and all its processes; and again SIGCONT.
    void freeze() const;
    void thaw() const;

    /// Stops it at once (SIGQUIT, as a crash does it); `run` starts it again on the same port.
    void stop();
    [[nodiscard]] bool run();

  private:
    postgres() = default;
    [[nodiscard]] bool initialise();
    [[nodiscard]] std::vector<pid_t> processes() const;

    postgres_options how_;
    std::string folder_;
    std::uint16_t port_ = 0;
    pid_t server_ = -1;
};

}  // namespace curfew::scratch
