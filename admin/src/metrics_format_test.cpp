#include "example_snapshot.hpp"
#include <curfew/admin/metrics.hpp>
#include <curfew/admin/metrics_format.hpp>

#include <gtest/gtest.h>

namespace curfew::admin {
namespace {

constexpr auto plain = metrics_format::prometheus;
constexpr auto open_metrics = metrics_format::open_metrics;

TEST(metrics_format, what_the_scraper_would_rather_have) {
    struct asked {
        std::string_view accept;
        metrics_format given;
    };

    const asked all[] = {
        {"", plain},
        {"*/*", plain},
        {"text/plain", plain},
        {"text/html, application/json", plain},
        {"application/openmetrics-text", open_metrics},
        {"Application/OpenMetrics-Text; Version=1.0.0", open_metrics},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,"
         "text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         open_metrics},
        {"application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.3", plain},
        {"application/openmetrics-text;version=2.0.0", plain},
        {"application/openmetrics-text;q=0.2, text/plain;q=0.9", plain},
        {"application/openmetrics-text;q=0.9, text/plain ; q = 0.2", open_metrics},
        {"application/openmetrics-text;q=0", plain},
        {"application/openmetrics-text;q=much", plain},
        {"application/openmetrics-text;q=nan", plain},
        {",,;;=,application/openmetrics-text;;=;q", plain},
    };
    for (const asked& each : all) {
        EXPECT_EQ(metrics_format_for(each.accept), each.given) << each.accept;
    }
}

TEST(metrics_format, openmetrics_names_families_without_total_and_tells_its_end) {
    const auto page =
        render_metrics(example_snapshot(), example_process(), nullptr, nullptr, open_metrics);
    EXPECT_TRUE(page.ends_with("\n# EOF\n"));
    EXPECT_TRUE(page.contains("\n# TYPE curfew_requests counter\n"));
    EXPECT_TRUE(page.contains("\ncurfew_requests_total{"));
    EXPECT_FALSE(page.contains("_total counter"));
    EXPECT_TRUE(page.contains("le=\"1.0\"}"));
    EXPECT_FALSE(page.contains("le=\"1\"}"));
}

}  // namespace
}  // namespace curfew::admin
