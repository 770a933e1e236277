#include "switches.hpp"

#include <curfew/runtime/loop.hpp>

#include <charconv>

namespace curfew::demo {
namespace {

constexpr duration answer_limit = std::chrono::seconds{2};

template <class Number>
void read_number(std::string_view json, std::string_view key, Number& into) {
    const auto at = json.find(key);
    if (at != json.npos) {
        const auto digits = json.substr(at + key.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), into);
    }
}

}  // namespace

shop_status parse_status(std::string_view json) {
    shop_status seen;
    read_number(json, "\"pid\":", seen.pid);
    read_number(json, "\"stuck\":", seen.stuck);
    read_number(json, "\"trapped\":", seen.trapped);
    return seen;
}

runtime::task<result<shop_status>> switches::look(runtime::scope& under) {
    return ask(http1::method_id::get, "/status", under);
}

runtime::task<result<shop_status>> switches::turn(std::string path, runtime::scope& under) {
    return ask(http1::method_id::post, std::move(path), under);
}

runtime::task<result<shop_status>> switches::ask(
    http1::method_id method, std::string path, runtime::scope& under
) {
    std::string text{http1::to_string(method)};
    text += " " + path + " HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n";
    runtime::scope own{under, bound::after(under.on().now(), answer_limit, "demo.control")};
    http::client client{network_, control_};
    auto asking = client.exchange(method, text, own);
    const auto told = co_await asking;
    if (!told) {
        co_return std::unexpected{told.error()};
    }
    co_return parse_status(told->body);
}

}  // namespace curfew::demo
