#pragma once

#include <curfew/process/membership.hpp>
#include <curfew/runtime/endpoint.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::process {

/// Whose socket it is that takes connections to an address.
enum class ownership : std::uint8_t {
    own,       ///< a member of the unit holds it
    stranger,  ///< it listened before the unit was started, and no member holds it
    unknown,   ///< it cannot be told: another machine or network namespace, a proxy, no permission
};

struct listener_owner {
    ownership whose = ownership::unknown;
    std::string name{};  ///< of a stranger: "python3, process 4711"; empty where it cannot be seen
};

/// A listening TCP socket of this network namespace.
struct listening_socket {
    runtime::endpoint at;
    std::uint64_t inode = 0;
};

/// Reads the text of /proc/net/tcp or tcp6: the sockets in state LISTEN. Lines that are not
/// understood are passed over.
[[nodiscard]] std::vector<listening_socket> parse_listeners(std::string_view table);

/// All of them, now; at most the first few thousand.
[[nodiscard]] std::vector<listening_socket> read_listeners();

/// Whether a connection to `to` arrives at a socket that listens at `at`. The wildcards stand for
/// loopback alone: whether another address is this machine's is not asked.
[[nodiscard]] bool takes_connections_to(
    const runtime::endpoint& at, const runtime::endpoint& to
) noexcept;

/// Who takes the connections to `to`. `before`: who listened when the unit was not yet started.
/// Looks through the descriptors of `members`, and to name a stranger through everybody's.
[[nodiscard]] listener_owner find_owner(
    const runtime::endpoint& to,
    std::span<const listening_socket> before,
    std::span<const process_facts> members
);

}  // namespace curfew::process
