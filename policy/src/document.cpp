// toml++ 3.3 asserts on some malformed files ("[[["), and with NDEBUG it *assumes* instead, which
// is undefined behaviour. Here its assertions throw, in every build, and count as a syntax problem.
#undef NDEBUG

#include "document.hpp"

namespace curfew::policy {

struct parser_gave_up {};

}  // namespace curfew::policy

#define TOML_ASSERT(holds) ((holds) ? void() : throw curfew::policy::parser_gave_up{})
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

namespace curfew::policy {

namespace {

constexpr std::size_t depth_max = 16;

position place(const toml::source_region& region) {
    return {region.begin.line, region.begin.column};
}

template <class T>
std::string streamed(const T& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

literal read_literal(const toml::node& from, std::size_t depth) {
    using kind = literal::kind;
    literal to;
    to.at = place(from.source());
    from.visit([&]<class T>(const T& value) {
        if constexpr (toml::is_string<T>) {
            to.what = kind::string;
            to.text = value.get();
        } else if constexpr (toml::is_integer<T>) {
            to.what = kind::integer;
            to.text = std::to_string(value.get());
        } else if constexpr (toml::is_floating_point<T>) {
            to.what = kind::real;
            to.text = streamed(value.get());
        } else if constexpr (toml::is_boolean<T>) {
            to.what = kind::boolean;
            to.text = value.get() ? "true" : "false";
        } else if constexpr (toml::is_array<T>) {
            to.what = kind::list;
            for (const auto& item : value) {
                to.items.push_back(depth == 0 ? literal{} : read_literal(item, depth - 1));
            }
        } else {
            to.what = toml::is_table<T> ? kind::table : kind::date;
        }
    });
    return to;
}

node read_table(const toml::table& from, std::size_t depth);

node read_member(const toml::node& from, std::size_t depth) {
    if (depth == 0) return {};
    if (const auto* table = from.as_table()) return read_table(*table, depth - 1);
    node to;
    const auto* array = from.as_array();
    if (array && !array->empty() && array->is_homogeneous<toml::table>()) {
        to.what = node::shape::tables;
        for (const auto& element : *array) {
            to.children.push_back(read_member(element, depth - 1));
            to.children.back().name_at = place(element.source());
        }
        return to;
    }
    to.what = node::shape::value;
    to.value = read_literal(from, depth);
    return to;
}

bool comes_before(const node& a, const node& b) {
    return std::pair{a.name_at.line, a.name_at.column} <
           std::pair{b.name_at.line, b.name_at.column};
}

node read_table(const toml::table& from, std::size_t depth) {
    node to;
    for (const auto& [key, value] : from) {
        auto child = read_member(value, depth);
        child.name = key.str();
        child.name_at = place(key.source());
        to.children.push_back(std::move(child));
    }
    std::ranges::sort(to.children, comes_before);
    return to;
}

// The parser frees a chain of dotted keys by recursion, so a hostile one must not reach it.
std::optional<position> too_deep(std::string_view text) {
    std::size_t line = 1;
    std::size_t start = 0;
    std::size_t dots = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') {
            ++line;
            start = i + 1;
            dots = 0;
        } else if (text[i] == '.' && ++dots > 1'000) {
            return position{line, i - start + 1};
        }
    }
    return std::nullopt;
}

}  // namespace

std::expected<node, syntax_problem> parse_document(std::string_view text) {
    if (const auto at = too_deep(text)) {
        return std::unexpected{syntax_problem{*at, "more than 1000 dots in one line"}};
    }
    try {
        const auto parsed = toml::parse(text);
        if (parsed) return read_table(parsed.table(), depth_max);
        const auto& wrong = parsed.error();
        return std::unexpected{
            syntax_problem{place(wrong.source()), std::string{wrong.description()}}
        };
    } catch (const parser_gave_up&) {
        return std::unexpected{syntax_problem{{}, "a key or a table header is malformed"}};
    }
}

}  // namespace curfew::policy
