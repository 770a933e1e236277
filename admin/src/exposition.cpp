#include "exposition.hpp"

#include "clean_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace curfew::admin {

namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::array<duration, 15> bounds{
    microseconds{1'000},
    microseconds{2'500},
    microseconds{5'000},
    microseconds{10'000},
    microseconds{25'000},
    microseconds{50'000},
    microseconds{100'000},
    microseconds{250'000},
    microseconds{500'000},
    microseconds{1'000'000},
    microseconds{2'500'000},
    microseconds{5'000'000},
    seconds{10},
    seconds{30},
    seconds{60},
};

struct bound_label {
    std::string_view prometheus;
    std::string_view open_metrics = prometheus;
};

constexpr std::array<bound_label, bounds.size()> bound_labels{{
    {"le=\"0.001\""},
    {"le=\"0.0025\""},
    {"le=\"0.005\""},
    {"le=\"0.01\""},
    {"le=\"0.025\""},
    {"le=\"0.05\""},
    {"le=\"0.1\""},
    {"le=\"0.25\""},
    {"le=\"0.5\""},
    {"le=\"1\"", "le=\"1.0\""},
    {"le=\"2.5\""},
    {"le=\"5\"", "le=\"5.0\""},
    {"le=\"10\"", "le=\"10.0\""},
    {"le=\"30\"", "le=\"30.0\""},
    {"le=\"60\"", "le=\"60.0\""},
}};

std::string_view to_string(metric_type type) {
    switch (type) {
        case metric_type::counter:
            return "counter";
        case metric_type::gauge:
            return "gauge";
        case metric_type::histogram:
            return "histogram";
    }
    return "untyped";
}

void append(std::string& to, double value) {
    if (std::isnan(value)) {
        to += "NaN";
    } else if (std::isinf(value)) {
        to += value > 0 ? "+Inf" : "-Inf";
    } else {
        char digits[32];
        to.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
}

}  // namespace

std::string format_labels(std::initializer_list<label> labels) {
    std::string text;
    for (const label& each : labels) {
        if (!text.empty()) {
            text += ',';
        }
        text.append(each.name).append("=\"");
        for (const char c : clean_text(each.value)) {
            if (c == '"' || c == '\\') {
                text += '\\';
            }
            text += c;
        }
        text += '"';
    }
    return text;
}

void exposition::family(std::string_view name, metric_type type, std::string_view help) {
    constexpr std::string_view total = "_total";
    family_ = name;
    if (format_ == metrics_format::open_metrics && name.ends_with(total)) {
        name.remove_suffix(total.size());
    }
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(to_string(type)).append("\n");
}

void exposition::sample(std::string_view labels, double value) {
    begin_line("", labels, "");
    append(text_, value);
    text_ += '\n';
}

void exposition::sample(std::string_view labels, label more, std::uint64_t value) {
    line("", labels, format_labels({more}), value);
}

void exposition::histogram_samples(std::string_view labels, const histogram& times) {
    const bool open_metrics = format_ == metrics_format::open_metrics;
    std::array<std::uint64_t, bounds.size()> counts;
    times.count_at_most(bounds, counts);
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const bound_label& bound = bound_labels[i];
        line("_bucket", labels, open_metrics ? bound.open_metrics : bound.prometheus, counts[i]);
    }
    line("_bucket", labels, "le=\"+Inf\"", times.count());
    begin_line("_sum", labels, "");
    append(text_, std::chrono::duration<double>(times.sum()).count());
    text_ += '\n';
    line("_count", labels, "", times.count());
}

std::string exposition::take() && {
    if (format_ == metrics_format::open_metrics) {
        text_.append("# EOF\n");
    }
    return std::move(text_);
}

void exposition::begin_line(
    std::string_view suffix, std::string_view labels, std::string_view more
) {
    text_.append(family_).append(suffix);
    if (!labels.empty() || !more.empty()) {
        text_.append("{").append(labels);
        text_.append(labels.empty() || more.empty() ? "" : ",").append(more).append("}");
    }
    text_ += ' ';
}

void exposition::line(
    std::string_view suffix, std::string_view labels, std::string_view more, std::uint64_t value
) {
    begin_line(suffix, labels, more);
    text_.append(std::to_string(value)).append("\n");
}

}  // namespace curfew::admin
