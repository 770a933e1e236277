#include "example_snapshot.hpp"
#include <curfew/admin/pages.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace curfew::admin {
namespace {

using namespace std::chrono_literals;

class pages_test : public testing::Test {
  protected:
    std::optional<page> get(std::string_view target) const {
        return page_for(target, {now, process, wall_time{1'700'000'000'123ms}, &ledger});
    }

    gateway::snapshot now = example_snapshot();
    process::process_sample process = example_process();
    ledger::status ledger = example_ledger();
};

TEST_F(pages_test, are_what_the_golden_files_say) {
    const std::pair<std::string_view, std::string> kept[] = {
        {"/-/health", CURFEW_GOLDEN "health.json"},
        {"/-/metrics", CURFEW_GOLDEN "metrics.txt"},
        {"/-/metrics.json", CURFEW_GOLDEN "metrics.json"},
    };
    for (const auto& [target, path] : kept) {
        if (std::getenv("CURFEW_UPDATE") != nullptr) {
            std::ofstream{path} << get(target)->body;
        }
        std::ifstream file{path};
        const std::string golden{std::istreambuf_iterator{file}, {}};
        EXPECT_EQ(get(target)->body, golden) << "CURFEW_UPDATE=1 rewrites " << path;
    }
}

TEST_F(pages_test, the_brief_one_names_nothing_of_the_inside) {
    const auto brief = [this] {
        return draw(view::brief, {now, process, wall_time{1'700'000'000'123ms}});
    };
    EXPECT_EQ(brief().body, R"({"status":"degraded","timestamp":"2023-11-14T22:13:20.123Z"})");
    EXPECT_EQ(brief().status, 200);
    now.draining = true;
    EXPECT_EQ(brief().status, 503);
    EXPECT_EQ(brief().status, get("/-/health")->status);
}

TEST_F(pages_test, have_the_type_of_their_format) {
    EXPECT_EQ(get("/-/health")->content_type, "application/json");
    EXPECT_EQ(get("/-/metrics")->content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(get("/-/metrics.json")->content_type, "application/json");
}

TEST_F(pages_test, only_the_exact_path_is_a_page_and_a_query_is_ignored) {
    EXPECT_TRUE(get("/-/health?verbose=1"));
    for (const auto target :
         {"/-/healthy",
          "/-/health/",
          "/-/",
          "/",
          "",
          "/-/Health",
          "*",
          "/-/health%20",
          "//-/health",
          "/-/metrics.json/x"}) {
        EXPECT_FALSE(get(target)) << target;
    }
}

TEST_F(pages_test, degraded_still_serves_and_liveness_never_fails) {
    EXPECT_EQ(get("/-/health")->status, 200) << "degraded is no reason to be taken out";
    now.ready = false;
    EXPECT_EQ(get("/-/health")->status, 503);
    EXPECT_EQ(get("/-/health/ready")->status, 503);
    EXPECT_EQ(get("/-/health/live")->status, 200);
    EXPECT_EQ(get("/-/metrics")->status, 200);
    now = example_snapshot();
    EXPECT_EQ(get("/-/health/ready")->status, 200);
}

TEST_F(pages_test, an_empty_gateway_has_pages_too) {
    now = {};
    for (const auto target :
         {"/-/health", "/-/health/live", "/-/health/ready", "/-/metrics", "/-/metrics.json"}) {
        EXPECT_FALSE(get(target)->body.empty()) << target;
    }
    EXPECT_EQ(get("/-/metrics.json")->body, R"({"endpoints":{}})");
}

TEST(pages, only_what_a_page_needs_is_gathered_for_it) {
    EXPECT_EQ(needs_of(*view_at("/-/health/live")), needs::nothing);
    EXPECT_EQ(needs_of(*view_at("/-/health/ready?x=1")), needs::state);
    EXPECT_EQ(needs_of(*view_at("/-/health")), needs::everything);
    EXPECT_EQ(needs_of(*view_at("/-/metrics")), needs::everything);
    EXPECT_EQ(needs_of(*view_at("/-/metrics.json")), needs::everything);
    EXPECT_FALSE(view_at("/-/health/"));
    EXPECT_FALSE(view_at("/"));
}

TEST(pages, the_state_alone_decides_readiness) {
    gateway::snapshot state;
    state.ready = true;
    EXPECT_EQ(draw(view::ready, {state, {}, {}}).status, 200);
    state.ready = false;
    EXPECT_EQ(draw(view::ready, {state, {}, {}}).status, 503);
}

}  // namespace
}  // namespace curfew::admin
