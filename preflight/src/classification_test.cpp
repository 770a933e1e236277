#include <curfew/preflight/classification.hpp>

#include <gtest/gtest.h>

#include <cerrno>

namespace curfew::preflight {
namespace {

using enum failure_kind;

failure_kind kind_of(const symptom& what) {
    return classify(what).kind;
}

symptom sqlstate(std::string_view code) {
    return {check_type::postgres, false, code, 0, {}};
}

symptom said(std::string_view message, check_type check = check_type::postgres) {
    return {check, false, {}, 0, message};
}

symptom system_error(int number, check_type check = check_type::postgres) {
    return {check, false, {}, number, {}};
}

symptom late(check_type check) {
    return {check, true, {}, 0, {}};
}

TEST(classification, a_sqlstate_says_what_the_database_means) {
    EXPECT_EQ(kind_of(sqlstate("28P01")), auth);
    EXPECT_EQ(kind_of(sqlstate("28000")), auth);
    EXPECT_EQ(kind_of(sqlstate("42501")), auth);
    EXPECT_EQ(kind_of(sqlstate("3D000")), config);
    EXPECT_EQ(kind_of(sqlstate("42P01")), schema);
    EXPECT_EQ(kind_of(sqlstate("42703")), schema);
    EXPECT_EQ(kind_of(sqlstate("P0001")), schema);
    EXPECT_EQ(kind_of(sqlstate("53300")), cloud_sql_capacity);
    EXPECT_EQ(kind_of(sqlstate("53200")), cloud_sql_capacity);
    EXPECT_EQ(kind_of(sqlstate("53400")), cloud_sql_capacity);
    EXPECT_EQ(kind_of(sqlstate("53100")), disk);
    EXPECT_EQ(kind_of(sqlstate("57014")), database_timeout);
    EXPECT_EQ(kind_of(sqlstate("57P03")), database_timeout);
    EXPECT_EQ(kind_of(sqlstate("57P01")), network);
    EXPECT_EQ(kind_of(sqlstate("08006")), network);
    EXPECT_EQ(kind_of(sqlstate("XX000")), unknown);
}

TEST(classification, a_sqlstate_outweighs_message_errno_and_time) {
    EXPECT_EQ(
        kind_of({check_type::postgres, true, "28P01", ECONNREFUSED, "too many clients"}), auth
    );
}

TEST(classification, a_message_is_read_in_any_case) {
    EXPECT_EQ(kind_of(said("FATAL:  Sorry, Too Many Clients already")), cloud_sql_capacity);
    EXPECT_EQ(
        kind_of(said("FATAL: remaining connection slots are reserved for superusers")),
        cloud_sql_capacity
    );
    EXPECT_EQ(kind_of(said("password authentication failed for user \"x\"")), auth);
    EXPECT_EQ(kind_of(said("database \"shop\" does not exist")), config);
    EXPECT_EQ(kind_of(said("VPC connector is scaling")), vpc_connector);
    EXPECT_EQ(kind_of(said("could not extend file: Disk quota exceeded")), disk);
    EXPECT_EQ(kind_of(said("NOAUTH Authentication required.", check_type::redis)), auth);
    EXPECT_EQ(kind_of(said("'Authorization Violation'", check_type::nats)), auth);
    EXPECT_EQ(
        kind_of(said("ERR max number of clients reached", check_type::redis)), cloud_sql_capacity
    );
    EXPECT_EQ(kind_of(said("the moon is full")), unknown);
}

TEST(classification, what_a_page_or_a_command_prints_is_no_diagnosis) {
    for (const auto* words : {"Disk quota exceeded", "vpc access broken", "too many connections"}) {
        EXPECT_EQ(kind_of(said(words, check_type::command)), unknown) << words;
        EXPECT_EQ(kind_of({check_type::http, false, {}, 0, words, 500}), unknown) << words;
    }
    EXPECT_EQ(kind_of(said("certificate: expired", check_type::http)), config);
}

TEST(classification, a_name_that_is_nobodys_is_no_name_that_cannot_be_asked_for) {
    EXPECT_EQ(kind_of(said("name does not exist", check_type::http)), config);
    EXPECT_EQ(kind_of(said("name lookup failed", check_type::tcp)), network);
    EXPECT_EQ(kind_of({check_type::postgres, false, {}, 0, "name lookup failed"}), network);
    EXPECT_EQ(
        kind_of({check_type::postgres, false, {}, 0, "name lookup failed", 0, true}), vpc_connector
    );
}

TEST(classification, an_errno_says_what_the_kernel_means) {
    EXPECT_EQ(kind_of(system_error(ECONNREFUSED)), database_timeout);
    EXPECT_EQ(kind_of(system_error(EHOSTUNREACH, check_type::tcp)), network);
    EXPECT_EQ(kind_of(system_error(ENOSPC, check_type::disk)), disk);
    EXPECT_EQ(kind_of(system_error(EROFS, check_type::disk)), disk);
    EXPECT_EQ(kind_of(system_error(ENOENT, check_type::command)), config);
    EXPECT_EQ(kind_of(system_error(EXDEV)), unknown);
}

TEST(classification, a_database_without_a_socket_is_stopped) {
    EXPECT_EQ(kind_of(system_error(ENOENT)), database_timeout);
    EXPECT_EQ(kind_of(system_error(ENOENT, check_type::disk)), config);
    EXPECT_EQ(kind_of(system_error(ENOTDIR, check_type::disk)), config);
}

TEST(classification, time_that_ran_out_is_the_databases_or_the_networks) {
    EXPECT_EQ(kind_of(late(check_type::postgres)), database_timeout);
    EXPECT_EQ(kind_of(system_error(ETIMEDOUT)), database_timeout);
    EXPECT_EQ(kind_of(late(check_type::tcp)), network);
    EXPECT_EQ(kind_of(late(check_type::redis)), network);
    EXPECT_EQ(kind_of(system_error(ETIMEDOUT, check_type::tcp)), network);
}

TEST(classification, a_command_that_hangs_is_no_infrastructure) {
    EXPECT_EQ(kind_of(late(check_type::command)), unknown);
    EXPECT_EQ(kind_of(late(check_type::disk)), unknown);
}

TEST(classification, what_is_refused_while_time_runs_out_is_a_refusal) {
    EXPECT_EQ(kind_of({check_type::tcp, true, {}, ECONNREFUSED, {}}), network);
}

TEST(classification, each_says_why) {
    EXPECT_EQ(classify(sqlstate("53300")).why, "SQLSTATE 53300: too many connections");
    EXPECT_EQ(classify(said("?")).why, "no rule knows it");
}

}  // namespace
}  // namespace curfew::preflight
