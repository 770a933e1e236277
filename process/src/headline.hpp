#pragma once

#include "native_stack.hpp"
#include "python_stack.hpp"
#include "thread_facts.hpp"
#include <curfew/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curfew::process {

/// What a process is in its tree: of waits that tell as much, that of the highest is named.
enum class standing : std::uint8_t {
    member,
    leader,  ///< the command itself
    server,  ///< holds the socket that takes the backend's connections
};

/// All that a dump has learnt of one process.
struct process_picture {
    process_facts facts;
    standing stands = standing::member;
    std::vector<thread_facts> threads;
    std::vector<descriptor_facts> descriptors;
    native_stacks native;
    std::vector<python_thread> python;
};

/// The one line: where most of the most telling threads hang, over all processes; of equal ones,
/// those of the process that stands highest.
/// `hung in psycopg2 connect -> recvfrom fd 7 (127.0.0.1:5432), 8 threads, 58.9 s`
[[nodiscard]] std::string make_headline(
    const std::vector<process_picture>& pictures,
    std::optional<duration> hung_for,
    bool hangs = true
);

/// `recvfrom fd 7 (127.0.0.1:5432)`; `running`; empty when nothing is known.
[[nodiscard]] std::string describe_wait(
    const thread_facts& thread, const std::vector<descriptor_facts>& descriptors
);

}  // namespace curfew::process
