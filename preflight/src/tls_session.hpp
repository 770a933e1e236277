#pragma once

#include <curfew/core/clock.hpp>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace curfew::preflight {

/// The client's side of TLS without a socket (OpenSSL over memory): bytes in, bytes out.
class tls_session {
  public:
    enum class progress : std::uint8_t { wants_input, done, failed };

    /// Trusts the certificates in `ca_file`, or where it is empty those of the system. Errors: why
    /// that file cannot be read.
    [[nodiscard]] static std::expected<tls_session, std::string> make(
        const std::string& host, const std::string& ca_file
    );

    [[nodiscard]] progress handshake();

    void give_input(std::string_view bytes);
    [[nodiscard]] std::string take_output();

    /// After the handshake: text to be sent, text that has come.
    void write(std::string_view text);
    [[nodiscard]] std::string read();

    /// Whether the other side has ended it.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// Whether the handshake failed before any certificate was seen.
    [[nodiscard]] bool peer_speaks_no_tls() const noexcept;

    /// Why the handshake failed: "self-signed certificate".
    [[nodiscard]] std::string_view problem() const noexcept { return problem_; }

    /// "ends in 3 days": nothing where the certificate holds for so long still.
    [[nodiscard]] std::optional<std::string> validity_lacks(duration valid_for) const;

  private:
    struct free_context {
        void operator()(ssl_ctx_st* context) const noexcept;
    };

    struct free_session {
        void operator()(ssl_st* session) const noexcept;
    };

    tls_session() = default;

    std::unique_ptr<ssl_ctx_st, free_context> context_;
    std::unique_ptr<ssl_st, free_session> session_;
    std::string problem_;
    bool ended_ = false;
};

}  // namespace curfew::preflight
