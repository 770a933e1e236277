#pragma once

#include <optional>
#include <string>
#include <vector>

namespace curfew::load {

/// A line over time; a point without a value leaves a gap.
struct chart_line {
    std::string name;
    std::string style;  ///< CSS class: the page decides on colour
    std::vector<std::optional<double>> values;
};

/// A shaded stretch of time, in seconds.
struct chart_band {
    double from = 0;
    double to = 0;
    std::string name;
};

/// A value worth a line of its own across the plot: a limit.
struct chart_level {
    double value = 0;
    std::string name;
};

/// How a tick of an axis reads.
using tick_text = std::string (*)(double value);

/// "0", "20", "0.1".
[[nodiscard]] std::string plain_tick(double value);

/// A plot over the seconds of a run.
struct chart {
    std::string title;            ///< said to who cannot see it
    tick_text tick = plain_tick;  ///< of the y axis: it says the unit with the number
    tick_text time = nullptr;     ///< of the x axis, from seconds; nullptr: "30 s"
    double step_seconds = 1;
    bool logarithmic = false;  ///< decades; values below the lowest tick stick to it
    double lowest = 0;         ///< of the y axis
    double highest = 1;
    std::vector<chart_line> lines;
    std::vector<chart_band> bands;
    std::vector<chart_level> levels = {};
};

/// As one <svg> element without colours, fonts or scripts of its own. The classes are: `plot`,
/// `grid`, `tick`, `band`, `band-name`, `level`, `level-name`, `line` and each line's own style.
/// The first line is drawn lowest. Made for text of 11 to 13 units, on a plot 420 units wide.
[[nodiscard]] std::string draw(const chart& what);

}  // namespace curfew::load
