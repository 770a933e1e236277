#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/process/proc.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::process {

/// The signal that the hook registers.
[[nodiscard]] int python_signal() noexcept;

struct python_frame {
    std::string file;
    std::string function;
    int line = 0;
};

struct python_thread {
    bool current = false;              ///< the one that ran the handler
    std::uint64_t handle = 0;          ///< its pthread_t; 0: not told
    std::vector<python_frame> frames;  ///< innermost first
};

/// Reads what faulthandler wrote; lines that are not its own are passed over.
[[nodiscard]] std::vector<python_thread> parse_faulthandler(std::string_view text);

/// `psycopg2 connect`: the innermost frame outside the standard library and the function in it.
/// Empty for a thread that only waits inside the standard library (an idle worker).
[[nodiscard]] std::string name_place(const python_thread& thread);

/// Asks one process for its stacks and returns what it wrote to `stacks`. Empty when it is not a
/// Python that the hook reached (such a process is not signalled at all), or wrote nothing in time.
[[nodiscard]] std::string read_python_stacks(
    process_id whom, const std::string& stacks, time_point until
);

}  // namespace curfew::process
