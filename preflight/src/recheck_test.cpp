#include "peer_scenario.hpp"
#include <curfew/preflight/recheck.hpp>

namespace curfew::preflight {
namespace {

using namespace std::chrono_literals;

class recheck_test : public peer_scenario {
  public:
    recheck_test() {
        rules.type = check_type::redis;
        auto made = std::make_shared<policy::policy>();
        made->checks = {rules};
        made->startup.recheck = 10s;
        in_force = made;
        failed.name = rules.name;
        failed.wrong = failing{policy::failure_kind::network, "", "nobody listens"};
    }

    recheck::surroundings around() {
        return {
            on,
            outside,
            machine,
            [this] { return in_force; },
            [] { return false; },
            [this](const look& what, std::string_view why) {
                told.push_back(what.name + ' ' + std::string{why});
            },
        };
    }

    runtime::task<> run(recheck& all, bool& over) {
        auto running = all.run(root);
        co_await running;
        over = true;
    }

    duration heal() {
        recheck all{around(), {failed}};
        bool over = false;
        const auto began = on.now();
        tasks.spawn(run(all, over));
        run_until_over(over);
        EXPECT_TRUE(all.failing().empty());
        return on.now() - began;
    }

    std::shared_ptr<const policy::policy> in_force;
    look failed;
    std::vector<std::string> told;
};

TEST_F(recheck_test, what_failed_is_looked_at_until_it_passes) {
    serve({{.answers = {"-LOADING\r\n"}}, {.answers = {"-LOADING\r\n"}}, {.answers = {"+PONG\r\n"}}}
    );
    EXPECT_EQ(heal(), 30s);
    EXPECT_EQ(told, std::vector<std::string>{"it passed"});
}

TEST_F(recheck_test, what_a_reload_took_away_fails_no_more) {
    in_force = std::make_shared<policy::policy>();
    EXPECT_EQ(heal(), 10s);
    EXPECT_EQ(told, std::vector<std::string>{"it a reload took it away"});
}

TEST_F(recheck_test, what_a_reload_mended_is_looked_at_as_it_is_now) {
    serve({{.answers = {"+OK\r\n+PONG\r\n"}}});
    auto mended = std::make_shared<policy::policy>(*in_force);
    mended->checks[0].where.password = "right";
    in_force = mended;
    EXPECT_EQ(heal(), 10s);
    EXPECT_NE(heard.find("right"), std::string::npos);
}

TEST_F(recheck_test, what_still_fails_says_why_now) {
    serve({{.answers = {"-NOAUTH\r\n"}}});
    recheck all{around(), {failed}};
    bool over = false;
    tasks.spawn(run(all, over));
    EXPECT_TRUE(outside.run(on, [&] { return all.failing()[0].attempts == 1; }));
    EXPECT_EQ(all.failing()[0].wrong->kind, policy::failure_kind::auth);
    root.cancel();
    EXPECT_TRUE(outside.run(on, [&] { return over && tasks.running() == 0; }));
    EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace curfew::preflight
