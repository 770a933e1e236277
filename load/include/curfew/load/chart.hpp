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

/// A plot over the seconds of a run.
struct chart {
    std::string title;
    std::string unit;  ///< of the y axis: "ms"
    double step_seconds = 1;
    bool logarithmic = false;  ///< decades; values below the lowest tick stick to it
    double lowest = 0;         ///< of the y axis
    double highest = 1;
    std::vector<chart_line> lines;
    std::vector<chart_band> bands;
};

/// As one <svg> element without colours, fonts or scripts of its own. The classes are: `plot`,
/// `grid`, `tick`, `band`, `band-name`, `line` and each line's own style.
[[nodiscard]] std::string draw(const chart& what);

}  // namespace curfew::load
