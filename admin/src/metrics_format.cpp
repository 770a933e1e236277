#include <curfew/admin/metrics_format.hpp>
#include <curfew/protocol/http1_field.hpp>

#include <algorithm>
#include <charconv>

namespace curfew::admin {

namespace {

/// Takes off what stands before the next `mark`, without the blanks around it.
std::string_view take(std::string_view& from, char mark) noexcept {
    constexpr std::string_view blanks = " \t";
    const auto end = std::min(from.find(mark), from.size());
    auto taken = from.substr(0, end);
    from.remove_prefix(std::min(end + 1, from.size()));
    taken.remove_prefix(std::min(taken.find_first_not_of(blanks), taken.size()));
    return taken.substr(0, taken.find_last_not_of(blanks) + 1);
}

struct media_range {
    std::string_view type;
    std::string_view version;
    double weight = 1;
};

/// What is no number weighs nothing.
double weight_of(std::string_view text) noexcept {
    double weight = 0;
    const bool read =
        std::from_chars(text.data(), text.data() + text.size(), weight).ec == std::errc{};
    return read ? weight : 0;
}

media_range read(std::string_view text) noexcept {
    media_range found;
    found.type = take(text, ';');
    while (!text.empty()) {
        auto value = take(text, ';');
        const auto name = take(value, '=');
        if (http1::equals_ignoring_case(name, "q")) {
            found.weight = weight_of(value);
        } else if (http1::equals_ignoring_case(name, "version")) {
            found.version = value;
        }
    }
    return found;
}

}  // namespace

std::string_view content_type(metrics_format format) noexcept {
    return format == metrics_format::open_metrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

metrics_format metrics_format_for(std::string_view accept) noexcept {
    double open_metrics = 0;
    double plain = 0;
    for (auto next = http1::next_element(accept); !next.empty();
         next = http1::next_element(accept)) {
        const media_range each = read(next);
        const bool known = each.version.empty() || each.version.starts_with("1.");
        if (http1::equals_ignoring_case(each.type, "application/openmetrics-text") && known) {
            open_metrics = std::max(open_metrics, each.weight);
        } else if (http1::equals_ignoring_case(each.type, "text/plain")) {
            plain = std::max(plain, each.weight);
        }
    }
    return open_metrics > 0 && open_metrics >= plain ? metrics_format::open_metrics
                                                     : metrics_format::prometheus;
}

}  // namespace curfew::admin
