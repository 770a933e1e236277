#pragma once

#include <curfew/clients/pg/session.hpp>

#include <optional>

namespace curfew::pg {

/// A CancelRequest under way, as steps that never block (libpq 15 has only a PQcancel that does).
/// `done`: the server has taken it and signalled the process, if there was one with that key; what
/// the session then says tells whether the statement ended by it. A server on a local socket that
/// has no room for it now is `failed` with EAGAIN: make another one a little later. It is not
/// encrypted, as libpq's is not before version 17.
/// Thread rule: one thread at a time. Move-only.
class cancellation {
  public:
    explicit cancellation(const cancel_ticket& whom) noexcept;
    cancellation(cancellation&& other) noexcept;
    cancellation& operator=(cancellation&& other) noexcept;
    ~cancellation();

    [[nodiscard]] progress advance() noexcept;

    [[nodiscard]] int socket() const noexcept { return socket_; }

    /// Of `failed`: connect_refused and its kin, with errno.
    [[nodiscard]] trouble why() const;

  private:
    progress fail(int system) noexcept;
    void close() noexcept;

    int socket_ = -1;
    int system_ = 0;
    bool connected_ = false;
    std::size_t sent_ = 0;
    progress last_ = progress::writes;
    cancel_ticket whom_;
};

}  // namespace curfew::pg
