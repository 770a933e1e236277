#pragma once

#include <curfew/http/client.hpp>
#include <curfew/load/sample.hpp>
#include <curfew/load/schedule.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task_group.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace curfew::load {

/// One kind of request of the mix.
struct operation {
    std::string name;    ///< "login"
    std::string method;  ///< "POST"
    std::string target;  ///< "/listings/{n}": {n} becomes a number from 1 to 1 000, by the index
    std::string body;    ///< sent as application/json when not empty
};

/// What happens to a request that is due while `in_flight_max` others are open.
enum class overflow : std::uint8_t {
    queue,  ///< it waits, its due time unchanged: the wait shows in its response time
    shed,   ///< it is recorded as not_sent
};

struct http_driver_options {
    runtime::endpoint target{};
    std::string host = "localhost";
    std::vector<operation> operations{};
    std::size_t in_flight_max = 4096;  ///< connections, at most
    overflow when_full = overflow::queue;
    duration patience = std::chrono::seconds{5};  ///< the client gives up, counted from due
};

/// What the driver knows of itself; read it at any time on the loop's thread.
struct driver_numbers {
    std::uint64_t due = 0;    ///< requests whose time has come and that the loop got to
    std::uint64_t tried = 0;  ///< of them, those a connection was taken for
    std::uint64_t ended = 0;
    std::size_t in_flight = 0;
    std::size_t in_flight_peak = 0;
    bool cap_reached = false;
    std::uint64_t local_errors = 0;
};

/// Open-loop HTTP/1.1: sends what the schedule says when it says so, whether or not earlier
/// requests have been answered. Keeps connections alive and takes the one used last; opens another
/// when all are busy. A request that is overdue goes at once; there is no catching up and no
/// skipping. Thread rule: the loop's thread.
class http_driver {
  public:
    /// Everything given must outlive the driver. `first` and `stride` pick this worker's share.
    http_driver(
        runtime::network& through,
        const schedule& plan,
        http_driver_options options,
        sample_sink& into,
        std::uint64_t first = 0,
        std::uint64_t stride = 1
    );

    /// Runs the schedule from `start` until its last request has ended, each at most `patience`
    /// after it was due. When `under` ends first, it stops at once; what was open stays unrecorded
    /// (recorder::finish counts it).
    [[nodiscard]] runtime::task<> run(runtime::scope& under, time_point start);

    [[nodiscard]] const driver_numbers& numbers() const noexcept { return numbers_; }

  private:
    struct due_request {
        arrival what;
        time_point due;
        time_point picked;
    };

    void take(const due_request& next, runtime::scope& under);
    void send(const due_request& next, runtime::scope& under);
    void send_waiting(runtime::scope& under);
    void end_unsent(const due_request& which, error_category why, time_point done);
    void end(const sample& what);
    [[nodiscard]] runtime::task<> one_request(due_request which, runtime::scope& under);
    [[nodiscard]] std::unique_ptr<http::client> take_connection();
    [[nodiscard]] std::string text_of(const arrival& what) const;

    runtime::network& network_;
    const schedule& plan_;
    http_driver_options options_;
    std::vector<http1::method_id> methods_;
    sample_sink& sink_;
    std::uint64_t first_;
    std::uint64_t stride_;
    driver_numbers numbers_;
    std::vector<std::unique_ptr<http::client>> idle_;
    std::deque<due_request> waiting_;
    runtime::task_group open_;
};

}  // namespace curfew::load
