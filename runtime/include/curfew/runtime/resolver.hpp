#pragma once

#include <curfew/runtime/endpoint.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <memory>
#include <string>
#include <vector>

namespace curfew::runtime {

/// Names to addresses on the loop (c-ares), because getaddrinfo ignores deadlines. Reads
/// /etc/hosts and the system's servers. A numeric host costs nothing. At most 16 addresses a name.
/// Thread rule: the loop's thread.
class resolver {
  public:
    explicit resolver(loop& on);
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;
    ~resolver();

    /// Errors: resolve_failed; resolve_timeout when the scope's own bound ended it,
    /// inherited_deadline or cancelled otherwise.
    [[nodiscard]] task<result<std::vector<endpoint>>> resolve(
        std::string host, std::uint16_t port, scope& under
    );

    static constexpr std::size_t addresses_max = 16;

  private:
    class channel;
    std::unique_ptr<channel> channel_;
};

}  // namespace curfew::runtime
