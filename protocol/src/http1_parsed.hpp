#pragma once

#include <curfew/protocol/http1_parser.hpp>

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>

/// What the parsers' tests share.
namespace curfew::http1 {

inline void PrintTo(violation rule, std::ostream* out) {
    *out << '"' << describe(rule) << '"';
}

/// A request parsed from one piece, and its bytes.
struct parsed_request {
    std::string bytes;
    std::array<field, 100> storage;
    request_parser parser;
    progress outcome;

    explicit parsed_request(std::string_view message, const limits& bounds = {})
        : bytes{message}, parser{storage, bounds}, outcome{parser.step(bytes)} {}

    [[nodiscard]] const request_head& head() const { return parser.head(); }
};

/// `violation::none` for a request that is accepted.
inline violation verdict_on(std::string_view bytes, const limits& bounds = {}) {
    const parsed_request result{bytes, bounds};
    EXPECT_NE(result.outcome, progress::need_more) << bytes;
    return result.parser.why();
}

inline std::string post(std::string_view fields) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n\r\n";
}

inline std::string get(std::string_view target) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

/// All that a head says, in one text, so that two heads can be compared.
inline std::string summary(const request_parser& parser) {
    const request_head& head = parser.head();
    std::string text;
    const auto add = [&](std::string_view part) { text.append(part).append("|"); };
    for (const auto part : {head.method_name, head.target, head.path, head.query, head.host}) {
        add(part);
    }
    for (const std::uint64_t number : std::initializer_list<std::uint64_t>{
             static_cast<std::uint64_t>(head.method),
             static_cast<std::uint64_t>(head.form),
             head.minor_version,
             head.keep_alive,
             head.expect_continue,
             head.upgrade,
             head.has_query,
             static_cast<std::uint64_t>(head.body.kind),
             head.body.length,
             parser.consumed()
         }) {
        add(std::to_string(number));
    }
    for (const field& one : head.fields) {
        add(one.name);
        add(one.value);
        add(std::to_string(static_cast<int>(one.id)) + (one.hop_by_hop ? "h" : "") +
            (one.has_underscore ? "u" : ""));
    }
    return text;
}

}  // namespace curfew::http1
