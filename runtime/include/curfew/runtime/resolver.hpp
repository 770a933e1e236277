#pragma once

#include <curfew/runtime/endpoint.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace curfew::runtime {

class name_lookup;

/// Whom to ask for names, and how patiently.
struct name_servers {
    std::vector<endpoint> at{};  ///< none: those of the system, read for each look-up
    duration attempt = std::chrono::seconds{1};  ///< for the first answer; doubles with each round
    int rounds = 4;                              ///< how often every server is asked
};

/// Of a `resolve_failed`: whether nobody has that name, so that asking again is of no use. Else the
/// servers could not be asked, or did not know.
[[nodiscard]] bool is_nobodys_name(const failure& why) noexcept;

/// Names to addresses on the loop (c-ares), because getaddrinfo ignores deadlines. Reads
/// /etc/hosts, then asks the servers over UDP, and over TCP when an answer does not fit.
///
/// A numeric host and a name in /etc/hosts are answered without waiting. Any other name is looked
/// up once for all who ask for it at the time; the last one to leave ends that at once, and closes
/// its sockets. Nothing is kept between look-ups: no answer, no socket, no timer.
///
/// On a simulated outside only numeric hosts and /etc/hosts resolve.
/// Thread rule: the loop's thread.
class resolver {
  public:
    explicit resolver(loop& on, name_servers servers = {});
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;
    ~resolver();

    /// At most `addresses_max`, at least one; in the order in which to try them (RFC 6724).
    /// Errors: resolve_failed (detail: the status of c-ares); resolve_timeout when the scope's own
    /// bound ended it or no server answered in any round; inherited_deadline or cancelled when the
    /// scope ended otherwise; local_resource (detail: errno), with EAGAIN when `lookups_max` names
    /// are being looked up already.
    [[nodiscard]] task<result<std::vector<endpoint>>> resolve(
        std::string host, std::uint16_t port, scope& under
    );

    static constexpr std::size_t addresses_max = 16;
    static constexpr std::size_t lookups_max = 256;

  private:
    [[nodiscard]] result<std::shared_ptr<name_lookup>> lookup_of(
        const std::string& host, std::uint16_t port
    );

    loop& loop_;
    name_servers servers_;
    std::vector<std::weak_ptr<name_lookup>> under_way_;
};

}  // namespace curfew::runtime
