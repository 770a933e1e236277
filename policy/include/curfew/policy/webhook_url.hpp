#pragma once

#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/values.hpp>

#include <expected>
#include <string>
#include <string_view>

namespace curfew::policy {

/// Where a webhook is: "http://HOST[:PORT][/PATH[?QUERY]]".
struct webhook_url {
    http_url where;
    std::string target = "/";  ///< path and query, visible ASCII
};

/// What is behind `#`, user names and https are refused.
[[nodiscard]] std::expected<webhook_url, text_problem> parse_webhook(std::string_view text);

}  // namespace curfew::policy
