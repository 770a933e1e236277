#pragma once

#include <curfew/http/accept.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/intrusive_list.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <atomic>
#include <cstdint>

namespace curfew::http {

struct in_rest;

/// The connections of one loop that have no request in progress: between two, or silent since they
/// were accepted. When the cap on connections keeps a new one waiting, the one that has rested the
/// longest is let go (as nginx does with its reusable connections), but none within its first
/// `rest_min`: it has just been accepted or answered. O(1), and allocates nothing.
/// Thread rule: the loop's thread, but for what connection_cap does.
class resting_connections : public connection_cap::member {
  public:
    static constexpr duration rest_min = std::chrono::milliseconds{100};

    resting_connections(connection_cap& cap, runtime::loop& on);
    ~resting_connections();

    /// A connection's stay here. `waiting` is what it waits under for its next request, or
    /// for the client to read its last words.
    class rest : public runtime::list_node<in_rest> {
      public:
        rest(resting_connections& among, runtime::scope& waiting) noexcept;
        ~rest();

        rest(const rest&) = delete;
        rest& operator=(const rest&) = delete;

        [[nodiscard]] bool asked_to_go() const noexcept { return !linked(); }

      private:
        friend class resting_connections;
        resting_connections& among_;
        runtime::scope& waiting_;
        time_point since_;
    };

    [[nodiscard]] connection_cap& cap() noexcept { return cap_; }

    /// Ends the wait of the one that rests the longest, if there is one that has rested so long.
    bool let_go_longest(time_point now, duration least = rest_min) noexcept;

    /// Of one that was asked to go: whether it `stays`, having got its next request.
    void note_end(bool stays) noexcept;

    /// Lets one go whenever another loop asks for it, until `under` ends.
    [[nodiscard]] runtime::task<> make_room_when_asked(runtime::scope& under);

    /// How many have been let go.
    [[nodiscard]] std::uint64_t let_go() const noexcept { return let_go_; }

  private:
    connection_cap& cap_;
    runtime::intrusive_list<rest, in_rest> resting_;
    std::uint64_t let_go_ = 0;
};

/// linger(), as one of those that may be let go.
[[nodiscard]] runtime::task<> linger(
    runtime::stream& of, runtime::scope& under, resting_connections& among
);

}  // namespace curfew::http
