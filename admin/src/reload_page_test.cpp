#include <curfew/admin/reload_page.hpp>

#include <gtest/gtest.h>

namespace curfew::admin {
namespace {

using result = reload_report::result;

TEST(reload_page, tells_each_change_with_its_layer_and_what_waits_for_a_restart) {
    reload_report told;
    told.ended = result::applied;
    told.generation = 3;
    told.file = "curfew.toml";
    told.changes = {
        {"request.timeout", "\"30s\"", "\"5s\"", policy::layer::file, "curfew.toml:3:11", false},
        {"server.workers", "1", "2", policy::layer::variable, "CURFEW_SERVER_WORKERS", true},
        {"route.a.path", "\"/a\"", {}, policy::layer::builtin, "built-in", false},
    };
    EXPECT_EQ(status_of(told), 200);
    EXPECT_EQ(
        render_reload(told),
        R"({"result":"applied","generation":3,"file":"curfew.toml","changes":[)"
        R"({"key":"request.timeout","before":"\"30s\"","after":"\"5s\"","layer":"file",)"
        R"("origin":"curfew.toml:3:11"},{"key":"route.a.path","before":"\"/a\"",)"
        R"("after":null,"layer":"built-in","origin":"built-in"}],"after_restart":[)"
        R"({"key":"server.workers","before":"1","after":"2","layer":"variable",)"
        R"("origin":"CURFEW_SERVER_WORKERS"}],"problems":[],"problems_left_out":0})"
    );
    EXPECT_EQ(sentence_of(told), "2 changes; after a restart: server.workers");
    EXPECT_EQ(
        render_reload_text(told),
        "in force from curfew.toml, generation 3:\n"
        "  request.timeout: \"30s\" -> \"5s\"  (curfew.toml:3:11)\n"
        "  route.a.path: \"/a\" -> none  (built-in)\n"
        "needs a restart:\n"
        "  server.workers: 1 -> 2  (CURFEW_SERVER_WORKERS)\n"
    );
    told.ended = result::unchanged;
    told.changes.clear();
    EXPECT_EQ(render_reload_text(told), "nothing has changed from curfew.toml, generation 3\n");
}

TEST(reload_page, tells_what_is_wrong_with_its_place_and_a_hint) {
    reload_report told;
    told.ended = result::invalid;
    told.problems.resize(2);
    told.problems[0].origin = "curfew.toml:3:11";
    told.problems[0].sentence = "a duration needs a unit";
    told.problems[0].hint = "write \"5s\"";
    EXPECT_EQ(status_of(told), 422);
    EXPECT_NE(
        render_reload(told).find(
            R"({"origin":"curfew.toml:3:11","sentence":"a duration needs a unit",)"
            R"("hint":"write \"5s\""})"
        ),
        std::string::npos
    );
    EXPECT_EQ(
        sentence_of(told), "curfew.toml:3:11: a duration needs a unit (and 1 further problem)"
    );
    told.problems_left_out = 2;
    EXPECT_EQ(
        render_reload_text(told),
        "curfew: the policy is bad, and the one in force stays, generation 1:\n"
        "curfew.toml:3:11: a duration needs a unit\n  hint: write \"5s\"\n\n"
        "and 2 further problems\n"
    );
    told.ended = result::refused;
    EXPECT_EQ(status_of(told), 409);
}

}  // namespace
}  // namespace curfew::admin
