#pragma once

#include "tls_session.hpp"
#include <curfew/policy/service_url.hpp>
#include <curfew/preflight/check.hpp>
#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/stream.hpp>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::preflight {

/// What is said and heard on one connection, in the clear or over TLS. Everything it does ends with
/// the scope. Thread rule: the loop's thread.
class conversation {
  public:
    conversation(const instruments& with, const policy::service_url& where);

    /// Looks the name up and connects, to one address after the other; each has its share of the
    /// time that is left.
    [[nodiscard]] runtime::task<std::optional<finding>> begin(runtime::scope& under);

    /// The handshake of TLS; what is said from here on is said over it. The certificate must be for
    /// that host, of an authority in `ca_file` (empty: those of the system), and hold for
    /// `valid_for`.
    [[nodiscard]] runtime::task<std::optional<finding>> secure(
        const std::string& ca_file, duration valid_for, runtime::scope& under
    );

    [[nodiscard]] runtime::task<std::optional<finding>> say(
        std::string text, runtime::scope& under
    );

    /// Waits until what was heard holds `end`, and takes it away with all before it. A finding
    /// where the connection ends before, or after 16 KiB without it.
    [[nodiscard]] runtime::task<std::expected<std::string, finding>> hear(
        std::string_view end, runtime::scope& under
    );

    static constexpr std::size_t heard_max = 16 * 1024;

  private:
    [[nodiscard]] runtime::task<std::optional<finding>> send(runtime::scope& under);
    [[nodiscard]] runtime::task<std::expected<std::string, finding>> receive(runtime::scope& under);

    [[nodiscard]] finding broken(const runtime::io_result& got, const runtime::scope& under) const;

    const instruments& with_;
    const policy::service_url& where_;
    runtime::resolver resolver_;
    std::unique_ptr<runtime::stream> stream_;
    std::optional<tls_session> tls_;
    std::string unsent_;
    std::string heard_;
};

/// "no answer from cache:6379 in time", with what `classify` goes by.
[[nodiscard]] finding finding_of(
    failure what, const policy::service_url& where, const runtime::scope& under
);

/// A name that was not looked up: nobody's, or the servers did not say.
[[nodiscard]] finding unnamed(const std::string& host, failure why);

/// What a peer said, as one line of printable text: at most 200 bytes.
[[nodiscard]] std::string clean(std::string_view said);

}  // namespace curfew::preflight
