#pragma once

#include "conversation.hpp"
#include <curfew/preflight/check.hpp>

namespace curfew::preflight {

/// Somebody takes connections there.
class tcp_check final : public check {
  public:
    tcp_check(const instruments& with, const policy::check_policy& rules)
        : with_{with}, rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    instruments with_;
    const policy::check_policy& rules_;
};

/// Somebody takes connections there, with a certificate that holds.
class tls_check final : public check {
  public:
    tls_check(const instruments& with, const policy::check_policy& rules)
        : with_{with}, rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    instruments with_;
    const policy::check_policy& rules_;
};

/// A GET is answered with the wanted status.
class http_check final : public check {
  public:
    http_check(const instruments& with, const policy::check_policy& rules)
        : with_{with}, rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    instruments with_;
    const policy::check_policy& rules_;
};

/// Logs in where the target says so, and gets a PONG (RESP: redis.io/docs/reference/protocol-spec).
class redis_check final : public check {
  public:
    redis_check(const instruments& with, const policy::check_policy& rules)
        : with_{with}, rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    instruments with_;
    const policy::check_policy& rules_;
};

/// Logs in where the target says so, and gets a PONG (docs.nats.io/reference/nats-protocol).
class nats_check final : public check {
  public:
    nats_check(const instruments& with, const policy::check_policy& rules)
        : with_{with}, rules_{rules} {}

    [[nodiscard]] runtime::task<std::optional<finding>> attempt(runtime::scope& under) override;

  private:
    instruments with_;
    const policy::check_policy& rules_;
};

}  // namespace curfew::preflight
