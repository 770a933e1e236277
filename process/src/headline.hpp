#pragma once

#include "native_stack.hpp"
#include "python_stack.hpp"
#include "thread_facts.hpp"
#include <curfew/core/clock.hpp>

#include <optional>
#include <string>
#include <vector>

namespace curfew::process {

/// All that a dump has learnt of one process.
struct process_picture {
    process_facts facts;
    std::vector<thread_facts> threads;
    std::vector<descriptor_facts> descriptors;
    native_stacks native;
    std::vector<python_thread> python;
};

/// The one line: where most of the most telling threads hang, over all processes.
/// `hung in psycopg2 connect -> recvfrom fd 7 (127.0.0.1:5432), 8 threads, 58.9 s`
[[nodiscard]] std::string make_headline(
    const std::vector<process_picture>& pictures, std::optional<duration> hung_for
);

/// `recvfrom fd 7 (127.0.0.1:5432)`; `running`; empty when nothing is known.
[[nodiscard]] std::string describe_wait(
    const thread_facts& thread, const std::vector<descriptor_facts>& descriptors
);

}  // namespace curfew::process
