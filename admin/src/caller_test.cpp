#include <curfew/admin/caller.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace curfew::admin {
namespace {

using http1::method_id;

std::string name_of(const std::optional<denial>& answer) {
    return answer ? std::string{describe(answer->code).id} : "yes";
}

struct host_case {
    std::string_view host;
    bool loopback;
    std::string_view said;
};

TEST(caller, only_who_calls_a_loopback_listener_by_a_name_of_loopback_is_answered) {
    const std::vector<host_case> cases{
        {"localhost", true, "yes"},
        {"LocalHost:9090", true, "yes"},
        {"localhost.", true, "yes"},
        {"localhost.:9090", true, "yes"},
        {"127.0.0.1", true, "yes"},
        {"127.0.0.1:1", true, "yes"},
        {"127.255.0.9:9090", true, "yes"},
        {"[::1]", true, "yes"},
        {"[::1]:9090", true, "yes"},
        {"admin.example.org", true, "yes"},
        {"ADMIN.example.org.:9090", true, "yes"},
        {"", true, "yes"},
        {"evil.example.org", true, "misdirected"},
        {"evil.example.org:9090", true, "misdirected"},
        {"localhost.evil.example.org", true, "misdirected"},
        {"127.0.0.1.evil.example.org", true, "misdirected"},
        {"127.0.0.1.", true, "yes"},
        {"127.0.0", true, "misdirected"},
        {"127.0.0.1.1", true, "misdirected"},
        {"127.0.0.256", true, "misdirected"},
        {"127.0.0.0001", true, "misdirected"},
        {"127.0.0.-1", true, "misdirected"},
        {"127..0.1", true, "misdirected"},
        {"128.0.0.1", true, "misdirected"},
        {"10.0.0.7:9090", true, "misdirected"},
        {"0.0.0.0", true, "misdirected"},
        {"::1", true, "misdirected"},
        {"[::2]:9090", true, "misdirected"},
        {"[::1", true, "misdirected"},
        {":9090", true, "misdirected"},
        {".", true, "misdirected"},
        {"x.admin.example.org", true, "misdirected"},
        {"evil.example.org", false, "yes"},
    };
    for (const host_case& each : cases) {
        const caller who{.method = method_id::get, .host = each.host};
        const terms of{.token = {}, .loopback = each.loopback, .hosts = {"admin.example.org"}};
        EXPECT_EQ(name_of(deny_caller(who, of)), each.said) << each.host;
    }
}

TEST(caller, a_token_is_asked_for_where_there_is_one_whatever_the_host) {
    const std::vector<std::pair<std::string_view, std::string_view>> cases{
        {"Bearer s3cret", "yes"},
        {"bearer   s3cret", "yes"},
        {"", "unauthorized"},
        {"Bearer", "unauthorized"},
        {"Bearer ", "unauthorized"},
        {"Bearers3cret", "unauthorized"},
        {"Basic s3cret", "unauthorized"},
        {"Bearer s3cre", "unauthorized"},
        {"Bearer s3cret2", "unauthorized"},
        {"Bearer s3cres", "unauthorized"},
    };
    for (const bool loopback : {true, false}) {
        const terms of{.token = "s3cret", .loopback = loopback};
        for (const auto& [said, answer] : cases) {
            const caller who{.host = "localhost", .authorization = said};
            EXPECT_EQ(name_of(deny_caller(who, of)), answer) << said;
        }
    }
    const terms of{.token = "s3cret", .loopback = true};
    const caller rebound{.host = "evil.example.org", .authorization = "Bearer s3cret"};
    EXPECT_EQ(name_of(deny_caller(rebound, of)), "misdirected");
}

TEST(caller, nothing_is_changed_by_any_method_but_post_and_read_by_any_but_get_and_head) {
    for (const auto method :
         {method_id::get,
          method_id::head,
          method_id::post,
          method_id::put,
          method_id::delete_,
          method_id::options,
          method_id::patch,
          method_id::trace,
          method_id::other}) {
        const caller who{.method = method, .host = "localhost"};
        const bool reads = method == method_id::get || method == method_id::head;
        const auto reading = deny_purpose(who, purpose::reads);
        EXPECT_EQ(name_of(reading), reads ? "yes" : "method-not-allowed");
        const auto changing = deny_purpose(who, purpose::changes);
        EXPECT_EQ(name_of(changing), method == method_id::post ? "yes" : "method-not-allowed");
        EXPECT_EQ(reading ? reading->allow : "GET, HEAD", "GET, HEAD");
        EXPECT_EQ(changing ? changing->allow : "POST", "POST");
        const auto either = deny_purpose(who, purpose::both);
        EXPECT_EQ(either.has_value(), reading && changing);
        EXPECT_EQ(either ? either->allow : "GET, HEAD, POST", "GET, HEAD, POST");
    }
}

struct page_case {
    std::string_view host;
    std::string_view origin;
    std::string_view site;
    std::string_view said;
};

TEST(caller, a_page_of_another_site_changes_nothing) {
    const std::vector<page_case> cases{
        {"localhost:9090", "", "", "yes"},
        {"localhost:9090", "http://localhost:9090", "", "yes"},
        {"localhost:9090", "http://LOCALHOST:9090", "same-origin", "yes"},
        {"localhost:9090", "", "none", "yes"},
        {"localhost", "http://localhost:80", "", "yes"},
        {"localhost:80", "http://localhost", "", "yes"},
        {"admin.example.org", "https://admin.example.org", "same-origin", "yes"},
        {"admin.example.org:443", "https://admin.example.org", "", "yes"},
        {"localhost:9090", "http://localhost:8080", "", "forbidden"},
        {"localhost:9090", "http://localhost", "", "forbidden"},
        {"localhost:9090", "http://127.0.0.1:9090", "", "forbidden"},
        {"localhost:9090", "null", "", "forbidden"},
        {"localhost:9090", "http://evil.example.org", "", "forbidden"},
        {"localhost:9090", "http://localhost:9090.evil.example.org", "", "forbidden"},
        {"localhost:9090", "http://localhost:9090, http://evil.example.org", "", "forbidden"},
        {"localhost:9090", "localhost:9090", "", "forbidden"},
        {"localhost:9090", "file://localhost:9090", "", "forbidden"},
        {"localhost:9090", "http://", "", "forbidden"},
        {"localhost:9090", "", "cross-site", "forbidden"},
        {"localhost:9090", "", "same-site", "forbidden"},
        {"localhost:9090", "", "anything", "forbidden"},
        {"localhost:9090", "http://localhost:9090", "cross-site", "forbidden"},
        {"localhost:9090", "http://evil.example.org", "none", "forbidden"},
        {"", "http://", "", "forbidden"},
        {"", "http://localhost", "", "forbidden"},
        {"", "", "", "yes"},
    };
    for (const page_case& each : cases) {
        const caller who{
            .method = method_id::post,
            .host = each.host,
            .origin = each.origin,
            .fetch_site = each.site
        };
        EXPECT_EQ(name_of(deny_purpose(who, purpose::both)), each.said);
        EXPECT_EQ(name_of(deny_purpose(who, purpose::changes)), each.said)
            << each.host << ' ' << each.origin << ' ' << each.site;
    }
    const caller reads{.method = method_id::get, .host = "localhost", .fetch_site = "cross-site"};
    EXPECT_EQ(name_of(deny_purpose(reads, purpose::reads)), "yes") << "a link may lead here";
}

}  // namespace
}  // namespace curfew::admin
