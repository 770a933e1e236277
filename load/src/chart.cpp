#include <curfew/load/chart.hpp>
#include <curfew/load/figures.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace curfew::load {
namespace {

constexpr double width = 420;
constexpr double height = 230;
constexpr double left = 50;
constexpr double right = 10;
constexpr double top = 22;
constexpr double bottom = 24;

template <class... Numbers>
std::string text(const char* format, Numbers... numbers) {
    char buffer[256];
    std::snprintf(buffer, sizeof buffer, format, numbers...);
    return buffer;
}

class canvas {
  public:
    explicit canvas(const chart& what) : chart_{what} {
        for (const auto& line : what.lines) {
            seconds_ =
                std::max(seconds_, static_cast<double>(line.values.size()) * what.step_seconds);
        }
    }

    [[nodiscard]] double x(double second) const {
        return left + std::clamp(second / seconds_, 0.0, 1.0) * (width - left - right);
    }

    [[nodiscard]] double y(double value) const {
        const double share = (scaled(value) - scaled(chart_.lowest)) /
                             (scaled(chart_.highest) - scaled(chart_.lowest));
        return height - bottom - std::clamp(share, 0.0, 1.0) * (height - top - bottom);
    }

    [[nodiscard]] std::string bands() const {
        std::string out;
        for (const auto& band : chart_.bands) {
            const double from = x(band.from);
            const double to = std::max(x(band.to), from + 2);
            out += text(
                R"(<rect class="band" x="%.1f" y="%.0f" width="%.1f" height="%.0f"/>)",
                from,
                top,
                to - from,
                height - top - bottom
            );
            out += text(R"(<text class="band-name" x="%.1f" y="%.0f">)", from + 2, top - 6);
            out += escape_markup(band.name) + "</text>";
        }
        return out;
    }

    [[nodiscard]] std::string axes() const {
        std::string out;
        for (const double value : y_ticks()) {
            const double at = y(value);
            out += text(
                R"(<line class="grid" x1="%.0f" x2="%.0f" y1="%.1f" y2="%.1f"/>)",
                left,
                width - right,
                at,
                at
            );
            out += text(
                R"(<text class="tick" text-anchor="end" x="%.0f" y="%.1f">)", left - 6, at + 4
            );
            out += escape_markup(chart_.tick(value)) + "</text>";
        }
        const double usual = seconds_ > 120 ? std::ceil(seconds_ / 300) * 30 : 5;
        const double every = chart_.time != nullptr ? seconds_ / 4 : usual;
        for (double second = 0; second <= seconds_; second += every) {
            const bool last = second + every > seconds_;
            out += text(
                R"(<text class="tick" text-anchor="%s" x="%.1f" y="%.0f">)",
                last && chart_.time != nullptr ? "end" : "middle",
                x(second),
                height - 6
            );
            out +=
                chart_.time != nullptr ? escape_markup(chart_.time(second)) : text("%g s", second);
            out += "</text>";
        }
        return out;
    }

    [[nodiscard]] std::string levels() const {
        std::string out;
        for (const auto& level : chart_.levels) {
            const double at = y(level.value);
            out += text(
                R"(<line class="level" x1="%.0f" x2="%.0f" y1="%.1f" y2="%.1f"/>)",
                left,
                width - right,
                at,
                at
            );
            out += text(
                R"(<text class="level-name" text-anchor="end" x="%.0f" y="%.1f">)",
                width - right,
                at + 13
            );
            out += escape_markup(level.name) + "</text>";
        }
        return out;
    }

    [[nodiscard]] std::string path(const chart_line& line) const {
        std::string out = R"(<path class="line )" + escape_markup(line.style) + R"(" d=")";
        bool drawing = false;
        for (std::size_t i = 0; i < line.values.size(); ++i) {
            if (const auto value = line.values[i]) {
                const double second = (static_cast<double>(i) + 0.5) * chart_.step_seconds;
                out += text("%c%.1f %.1f", drawing ? 'L' : 'M', x(second), y(*value));
                // A lone point would not show: a line to itself with round ends does.
                out += drawing ? "" : text("L%.1f %.1f", x(second), y(*value));
            }
            drawing = line.values[i].has_value();
        }
        return out + R"("><title>)" + escape_markup(line.name) + "</title></path>";
    }

  private:
    [[nodiscard]] double scaled(double value) const {
        return chart_.logarithmic ? std::log10(std::max(value, chart_.lowest)) : value;
    }

    [[nodiscard]] std::vector<double> y_ticks() const {
        std::vector<double> ticks;
        if (chart_.logarithmic) {
            for (double at = chart_.lowest; at <= chart_.highest * 1.001; at *= 10) {
                ticks.push_back(at);
            }
            return ticks;
        }
        const double rough = (chart_.highest - chart_.lowest) / 5;
        const double decade = std::pow(10, std::floor(std::log10(rough)));
        const double step = decade * (rough / decade > 5 ? 10 : rough / decade > 2 ? 5 : 2);
        for (double at = chart_.lowest; at <= chart_.highest; at += step) {
            ticks.push_back(at);
        }
        return ticks;
    }

    const chart& chart_;
    double seconds_ = 1;
};

}  // namespace

std::string plain_tick(double value) {
    return text("%g", value);
}

std::string draw(const chart& what) {
    const canvas on{what};
    std::string out =
        text(R"(<svg class="plot" viewBox="0 0 %.0f %.0f" role="img">)", width, height);
    out += "<title>" + escape_markup(what.title) + "</title>";
    out += on.bands() + on.axes() + on.levels();
    for (const auto& line : what.lines) {
        out += on.path(line);
    }
    return out + "</svg>\n";
}

}  // namespace curfew::load
