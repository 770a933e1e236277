#pragma once

#include <curfew/admin/metrics_format.hpp>
#include <curfew/core/histogram.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace curfew::admin {

struct label {
    std::string_view name;
    std::string_view value;
};

/// Labels as they stand between braces, escaped: `route="GET /a",upstream="main"`.
[[nodiscard]] std::string format_labels(std::initializer_list<label> labels);

enum class metric_type : std::uint8_t { counter, gauge, histogram };

/// Writes one family after the other; samples belong to the family begun last.
class exposition {
  public:
    explicit exposition(metrics_format format) noexcept : format_{format} {}

    /// A counter is called by its whole name, `_total` included.
    void family(std::string_view name, metric_type type, std::string_view help);

    void sample(std::string_view labels, std::uint64_t value) { line("", labels, "", value); }

    void sample(std::string_view labels, double value);

    /// With one more label, whose value is a word of ours.
    void sample(std::string_view labels, label more, std::uint64_t value);

    /// Buckets, `_sum` and `_count`. `times` must not change meanwhile.
    void histogram_samples(std::string_view labels, const histogram& times);

    /// The whole page: it has ended.
    [[nodiscard]] std::string take() &&;

  private:
    void begin_line(std::string_view suffix, std::string_view labels, std::string_view more);
    void line(
        std::string_view suffix, std::string_view labels, std::string_view more, std::uint64_t value
    );

    metrics_format format_;
    std::string_view family_;
    std::string text_;
};

}  // namespace curfew::admin
