#include "slot.hpp"

#include "value_text.hpp"
#include <curfew/policy/size_text.hpp>
#include <curfew/policy/store.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace curfew::policy {

namespace {

using kind = literal::kind;
using trouble = std::optional<text_problem>;

constexpr std::size_t list_max = 256;
constexpr std::size_t text_max = 4096;

// What the sources of one value have in common: text where text is due, also without quotes.
bool is_text(const literal& from) {
    return from.what == kind::string || from.what == kind::untyped;
}

template <class T>
trouble check_range(T value, const range& allowed) {
    const auto* limits = std::get_if<between<T>>(&allowed);
    if (!limits || (value >= limits->low && value <= limits->high)) return std::nullopt;
    return text_problem{
        "it must be from " + print_bound(limits->low) + " to " + print_bound(limits->high), {}
    };
}

/// Of a number that lacks its unit; `nan` and `inf` are none.
bool lacks_unit(const literal& from) {
    const bool is_number = from.what == kind::integer || from.what == kind::real;
    return is_number && from.text.find_first_of("ni") == from.text.npos;
}

trouble read_value(const literal& from, duration& to) {
    if (lacks_unit(from)) {
        return text_problem{
            "a duration needs a unit",
            "write \"" + from.text + "s\" or \"" + from.text + "ms\", in quotes"
        };
    }
    if (!is_text(from)) return text_problem{"it takes a duration", "write it as \"5s\""};
    const auto value = parse_duration(from.text);
    if (!value) return value.error();
    to = *value;
    return std::nullopt;
}

trouble read_value(const literal& from, std::uint64_t& to) {
    if (lacks_unit(from)) {
        return text_problem{
            "a size needs a unit",
            "write \"" + from.text + "B\" or \"" + from.text + "KiB\", in quotes"
        };
    }
    if (!is_text(from)) return text_problem{"it takes a size", "write it as \"64KiB\""};
    const auto value = parse_size(from.text);
    if (!value) return value.error();
    to = *value;
    return std::nullopt;
}

template <class T>
bool read_whole(std::string_view text, T& to) {
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, to);
    return read.ec == std::errc{} && read.ptr == end;
}

trouble read_value(const literal& from, std::uint32_t& to) {
    if (from.what == kind::string) {
        return text_problem{"it takes a number", "write it without quotes"};
    }
    if (from.what != kind::integer && from.what != kind::untyped) {
        return text_problem{"it takes a whole number", {}};
    }
    if (from.text.starts_with('-')) return text_problem{"it is negative", {}};
    std::uint64_t wide = 0;
    if (!read_whole(from.text, wide)) return text_problem{"it is no whole number", {}};
    to = static_cast<std::uint32_t>(std::min<std::uint64_t>(wide, UINT32_MAX));
    return std::nullopt;
}

trouble read_value(const literal& from, double& to) {
    if (from.what == kind::string) {
        return text_problem{"it takes a number", "write it without quotes"};
    }
    const bool number = from.what == kind::integer || from.what == kind::real;
    if (!number && from.what != kind::untyped) return text_problem{"it takes a number", {}};
    if (!read_whole(from.text, to) || !std::isfinite(to)) {
        return text_problem{"it is no number", "write it as 0.5"};
    }
    return std::nullopt;
}

template <class T>
trouble read(const literal& from, const range& allowed, T& to)
    requires requires { print_bound(to); }
{
    T value{};
    if (auto wrong = read_value(from, value)) return wrong;
    if (auto wrong = check_range(value, allowed)) return wrong;
    to = value;
    return std::nullopt;
}

template <class T>
trouble read(const literal& from, const range& allowed, std::optional<T>& to) {
    if (is_text(from) && from.text == "off") {
        to.reset();
        return std::nullopt;
    }
    T value{};
    if (auto wrong = read(from, allowed, value)) {
        if (wrong->hint.empty()) wrong->hint = "write \"off\" for none";
        return wrong;
    }
    to = value;
    return std::nullopt;
}

trouble read(const literal& from, const range&, bool& to) {
    const bool known = from.what == kind::boolean || from.what == kind::untyped;
    if (!known || (from.text != "true" && from.text != "false")) {
        return text_problem{"it takes true or false", "write it without quotes"};
    }
    to = from.text == "true";
    return std::nullopt;
}

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
}

bool is_visible(char c) {
    return c > 0x20 && c < 0x7f;
}

trouble check_path(std::string_view text) {
    if (!text.starts_with('/')) return text_problem{"it does not begin with /", {}};
    if (!std::ranges::all_of(text, is_visible) || text.find_first_of("?#") != text.npos) {
        return text_problem{"it is no path: it has a space, ?, # or an unprintable character", {}};
    }
    if (text.find("//") != text.npos || text.find("/.") != text.npos) {
        return text_problem{"it has an empty or a dotted segment", {}};
    }
    return std::nullopt;
}

trouble check_method(std::string_view text) {
    const bool upper = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (upper && text.size() <= 32) return std::nullopt;
    return text_problem{"it is no method", "methods are written GET or POST, in capitals"};
}

trouble check_text(std::string_view text, const range& allowed) {
    const auto* rule = std::get_if<text_rule>(&allowed);
    if (text.size() > text_max) return text_problem{"it is longer than 4096 characters", {}};
    if (text.find('\0') != text.npos) return text_problem{"it has a NUL character in it", {}};
    if (!rule || *rule == text_rule::any) return std::nullopt;
    if (*rule == text_rule::method) return check_method(text);
    if (text.empty()) return std::nullopt;
    if (*rule == text_rule::path) return check_path(text);
    if (*rule == text_rule::host && !is_host_name(text.substr(text.starts_with("*.") ? 2 : 0))) {
        return text_problem{"it is no host name", "write it without a scheme and a port"};
    }
    if (*rule == text_rule::secret && !std::ranges::all_of(text, is_visible)) {
        return text_problem{"it has a space or an unprintable character", {}};
    }
    if (const auto wrong = *rule == text_rule::store ? wrong_store(text) : std::nullopt) {
        return text_problem{std::string{wrong->sentence}, std::string{wrong->hint}};
    }
    const bool is_short = *rule == text_rule::name || *rule == text_rule::stretch;
    if (is_short && (!std::ranges::all_of(text, is_plain) || text.size() > 128)) {
        const std::string what = *rule == text_rule::name ? "a name" : "a stretch";
        return text_problem{what + " has at most 128 characters, all of them printable", {}};
    }
    return std::nullopt;
}

trouble read(const literal& from, const range& allowed, std::string& to) {
    if (!is_text(from)) return text_problem{"it takes text", "write it in quotes"};
    if (auto wrong = check_text(from.text, allowed)) return wrong;
    to = from.text;
    return std::nullopt;
}

template <class T>
trouble take(std::expected<T, text_problem> parsed, T& to) {
    if (!parsed) return std::move(parsed.error());
    to = *std::move(parsed);
    return std::nullopt;
}

trouble read(const literal& from, const range&, address& to) {
    if (!is_text(from)) return text_problem{"it takes an address", "write \"127.0.0.1:8080\""};
    return take(parse_address(from.text), to);
}

trouble read(const literal& from, const range&, http_url& to) {
    if (!is_text(from)) return text_problem{"it takes a URL", "write \"http://127.0.0.1:8000\""};
    return take(parse_url(from.text), to);
}

trouble read(const literal& from, const range&, network& to) {
    if (!is_text(from)) return text_problem{"it takes a CIDR block", "write \"10.0.0.0/8\""};
    return take(parse_network(from.text), to);
}

trouble read(const literal& from, const range&, const choice& to) {
    if (is_text(from)) {
        const auto found = std::ranges::find(to.names, from.text);
        if (found != to.names.end()) {
            to.set(to.where, static_cast<std::size_t>(found - to.names.begin()));
            return std::nullopt;
        }
    }
    text_problem wrong{"it takes " + print_range(choice{to}, {}), {}};
    if (const auto near = closest(from.text, to.names)) {
        wrong.hint = "did you mean \"" + std::string{*near} + "\"?";
    }
    return wrong;
}

// A variable or flag gives a list as words between spaces.
std::vector<literal> words(const literal& from, const range& allowed) {
    const auto* rule = std::get_if<text_rule>(&allowed);
    const bool in_pairs = rule && *rule == text_rule::stretch;
    std::vector<literal> all;
    std::string_view rest = from.text;
    while (true) {
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        if (rest.empty()) return all;
        const auto word = rest.substr(0, rest.find(' '));
        if (in_pairs && word.starts_with('x') && !all.empty()) {
            (all.back().text += ' ') += word;
        } else {
            all.push_back({kind::untyped, std::string{word}, {}, from.at});
        }
        rest.remove_prefix(word.size());
    }
}

std::optional<mismatch> as_mismatch(trouble&& wrong) {
    return wrong ? std::optional{mismatch{*std::move(wrong)}} : std::nullopt;
}

std::optional<mismatch> as_mismatch(std::optional<mismatch>&& wrong) {
    return std::move(wrong);
}

template <class T>
std::optional<mismatch> read(const literal& from, const range& allowed, std::vector<T>& to) {
    if (from.what != kind::list && from.what != kind::untyped) {
        return mismatch{{"it takes a list", "write it in brackets: [\"...\", \"...\"]"}};
    }
    const auto items = from.what == kind::untyped ? words(from, allowed) : from.items;
    if (items.size() > list_max) return mismatch{{"it has more than 256 elements", {}}};
    std::vector<T> all;
    for (const auto& item : items) {
        if (auto wrong = read(item, allowed, all.emplace_back())) {
            return mismatch{*std::move(wrong), item};
        }
    }
    to = std::move(all);
    return std::nullopt;
}

}  // namespace

std::optional<mismatch> assign(const slot& to, const range& allowed, const literal& from) {
    return std::visit(
        [&](const auto& where) {
            if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(where)>>) {
                return as_mismatch(read(from, allowed, *where));
            } else {
                return as_mismatch(read(from, allowed, where));
            }
        },
        to
    );
}

void copy(const slot& from, const slot& to) {
    std::visit(
        [&]<class T>(const T& source) {
            const auto& target = std::get<T>(to);
            if constexpr (std::is_pointer_v<T>) {
                *target = *source;
            } else {
                target.set(target.where, source.get(source.where));
            }
        },
        from
    );
}

}  // namespace curfew::policy
