#pragma once

#include <curfew/clients/pg/pool.hpp>
#include <curfew/clients/testing/postgres.hpp>

#include <gtest/gtest.h>

#include <poll.h>

#include <memory>

/// What tests of the pool share: one PostgreSQL for a test program, and a pool on it.
namespace curfew::pg {

inline const steady_clock real;

inline deadline in(duration patience) {
    return deadline::after(real.now(), patience);
}

/// Polls until `holds` (true), or patience is out.
template <class Condition>
bool eventually(Condition&& holds, duration patience = std::chrono::seconds{20}) {
    for (const auto until = in(patience); !holds(); ::poll(nullptr, 0, 5))
        if (until.expired(real.now())) return false;
    return true;
}

class real_pool : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        if (!scratch::postgres::is_missing()) server = scratch::postgres::start();
    }

    static void TearDownTestSuite() { server.reset(); }

    void SetUp() override {
        if (scratch::postgres::is_missing()) GTEST_SKIP() << "there is no PostgreSQL";
        ASSERT_NE(server, nullptr);
    }

    static target where() { return *target::parse(server->url()); }

    static inline std::unique_ptr<scratch::postgres> server;
};

}  // namespace curfew::pg
