#pragma once

#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/values.hpp>

#include <expected>
#include <string>
#include <string_view>

namespace curfew::policy {

[[nodiscard]] std::expected<address, text_problem> parse_address(std::string_view text);
[[nodiscard]] std::string format(const address& value);

[[nodiscard]] std::expected<http_url, text_problem> parse_url(std::string_view text);
[[nodiscard]] std::string format(const http_url& value);

[[nodiscard]] std::expected<network, text_problem> parse_network(std::string_view text);
[[nodiscard]] std::string format(const network& value);

/// A DNS name or an IPv4 address: letters, digits, '-', '_' and '.', at most 253.
[[nodiscard]] bool is_host_name(std::string_view text) noexcept;

}  // namespace curfew::policy
