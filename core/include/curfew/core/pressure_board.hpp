#pragma once

#include <curfew/core/pressure_signal.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {

/// What a reading between `begins` (nothing: 0) and `full` (1) means, in steps of a twentieth,
/// upwards: so that a reading that trembles is one value. `begins` < `full`.
[[nodiscard]] double pressure_of(double reading, double begins, double full) noexcept;

/// All signals of a process, by name. Their number is fixed by who makes it.
/// A state machine. Thread rule: one thread.
class pressure_board {
  public:
    struct rules {
        std::string name;
        duration hold{};
    };

    struct entry {
        std::string name;
        pressure_signal signal;
        double noted = 0;  ///< the value when the changes were taken last
    };

    struct change {
        std::string name;
        double before = 0;
        double after = 0;
    };

    /// Names are unique.
    explicit pressure_board(const std::vector<rules>& signals) { adopt(signals); }

    /// From now on these. A signal that was there keeps its value; one that goes is over.
    void adopt(const std::vector<rules>& signals);

    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept;

    /// As pressure_signal's; `which` comes from find().
    void tell(std::size_t which, double value, time_point now, deadline expiry) noexcept;
    void clear(std::size_t which) noexcept;

    /// Lets time pass for all of them.
    void step(time_point now) noexcept;

    /// Whose value is another than when this was asked last; a signal that went counts as 0.
    [[nodiscard]] std::vector<change> take_changes();

    /// When step() is due.
    [[nodiscard]] deadline next_step() const noexcept;

    [[nodiscard]] std::span<const entry> signals() const noexcept { return entries_; }

  private:
    std::vector<entry> entries_;
    std::vector<change> gone_;
};

}  // namespace curfew
