#include "pages.hpp"

#include <algorithm>

namespace shop {
namespace {

response login(const request& asked) {
    if (asked.body.find("\"user\"") == std::string::npos) {
        return {400, R"({"error":"a user is needed"})"};
    }
    return {200, R"({"token":"3f1c9a","expires_in_s":3600})"};
}

response recommendations(dependency& engine) {
    engine.call();
    return {200, R"([{"id":2,"name":"Chair"},{"id":5,"name":"Desk"}])"};
}

bool is_recommendations(std::string_view path) {
    constexpr std::string_view before = "/listings/";
    constexpr std::string_view after = "/recommendations";
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
        !path.ends_with(after)) {
        return false;
    }
    const auto id = path.substr(before.size(), path.size() - before.size() - after.size());
    return std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

response answer(const request& asked, dependency& engine, catalogue& goods) {
    if (asked.path == "/login") {
        return asked.method == "POST" ? login(asked) : response{405, R"({"error":"POST only"})"};
    }
    if (asked.method != "GET") {
        return {405, R"({"error":"GET only"})"};
    }
    if (asked.path == "/listings") {
        return goods.list();
    }
    if (is_recommendations(asked.path)) {
        return recommendations(engine);
    }
    if (asked.path == "/health") {
        return {200, R"({"status":"ok"})"};
    }
    return {404, R"({"error":"no such page"})"};
}

}  // namespace shop
