#include "key.hpp"
#include <curfew/policy/json_text.hpp>
#include <curfew/policy/reference.hpp>

#include <string>
#include <string_view>

namespace curfew::policy {

namespace {

constexpr std::string_view duration_pattern =
    "^(?=.)([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?([0-9]+us)?([0-9]+ns)?$";
constexpr std::string_view size_pattern = "^[0-9]+(B|KiB|MiB|GiB)$";

slot place_of(const key& which) {
    static blank fresh;
    return which.place(fresh.all());
}

/// Writes the members that say which values a type has.
struct type_writer {
    json_text& to;
    const range& allowed;

    void text(std::string_view pattern) const {
        to.member("type", "string").member("pattern", pattern);
    }

    template <class T>
    void bounds() const {
        if (const auto* limits = std::get_if<between<T>>(&allowed)) {
            to.key("minimum").value(limits->low).key("maximum").value(limits->high);
        }
    }

    void or_off(auto&& write) const {
        to.key("anyOf").array();
        write(to.object());
        to.end().object().member("const", "off").end().end();
    }

    void list(auto&& write) const {
        write(
            to.member("type", "array").member("maxItems", std::uint64_t{256}).key("items").object()
        );
        to.end();
    }

    void operator()(duration*) const { text(duration_pattern); }

    void operator()(std::optional<duration>*) const {
        or_off([&](json_text&) { text(duration_pattern); });
    }

    void operator()(std::uint64_t*) const { text(size_pattern); }

    void operator()(std::optional<std::uint64_t>*) const {
        or_off([&](json_text&) { text(size_pattern); });
    }

    void operator()(std::uint32_t*) const {
        to.member("type", "integer");
        if (const auto* limits = std::get_if<between<std::uint32_t>>(&allowed)) {
            to.member("minimum", std::uint64_t{limits->low});
            to.member("maximum", std::uint64_t{limits->high});
        }
    }

    void operator()(double*) const {
        to.member("type", "number");
        bounds<double>();
    }

    void operator()(std::optional<double>*) const {
        or_off([&](json_text&) { (*this)(static_cast<double*>(nullptr)); });
    }

    void operator()(bool*) const { to.member("type", "boolean"); }

    void operator()(std::string*) const {
        const auto* rule = std::get_if<text_rule>(&allowed);
        to.member("type", "string");
        if (rule && *rule == text_rule::path) to.member("pattern", "^(/.*)?$");
    }

    void operator()(address*) const { text("^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+|localhost):[0-9]+$"); }

    void operator()(const choice& of) const {
        to.key("enum").array();
        for (const auto name : of.names) {
            to.value(name);
        }
        to.end();
    }

    void operator()(std::vector<std::string>*) const {
        list([](json_text& items) { items.member("type", "string"); });
    }

    void operator()(std::vector<http_url>*) const {
        list([&](json_text&) { text("^http://[^/?#@]+/?$"); });
    }

    void operator()(std::vector<network>*) const {
        list([&](json_text&) { text("^[0-9A-Fa-f:.]+(/[0-9]+)?$"); });
    }
};

void write_key(json_text& to, const key& which) {
    const auto place = place_of(which);
    to.key(which.path.substr(which.path.rfind('.') + 1)).object();
    std::string about{which.documentation};
    about += " Default: ";
    about += which.inherits.empty() ? default_text(which) : std::string{which.inherits};
    const auto limits = print_range(place, which.allowed);
    about += limits.empty() ? "." : ". From " + limits + '.';
    if (std::holds_alternative<choice>(place)) about.resize(about.rfind(" From "));
    to.member("description", std::string_view{about});
    std::visit(type_writer{to, which.allowed}, place);
    to.end();
}

void begin_table(json_text& to, std::string_view about) {
    to.object().member("type", "object").member("additionalProperties", false);
    if (!about.empty()) to.member("description", about);
    to.key("properties").object();
}

void write_section(json_text& to, const section& of) {
    begin_table(to, of.documentation);
    for (const auto& which : keys()) {
        if (which.path.substr(0, which.path.rfind('.')) == of.path) write_key(to, which);
    }
    for (const auto& inner : sections()) {
        if (inner.path.substr(0, inner.path.rfind('.')) == of.path && inner.path != of.path) {
            write_section(to.key(inner.path.substr(of.path.size() + 1)), inner);
        }
    }
    to.end().end();
}

void write_member(json_text& to, const section& of) {
    const auto* kind = kind_of(of.path);
    if (kind == nullptr) return write_section(to.key(of.path), of);
    to.key(kind->name).object().member("type", kind->is_listed ? "array" : "object");
    write_section(to.key(kind->is_listed ? "items" : "additionalProperties"), of);
    to.end();
}

}  // namespace

std::string json_schema() {
    json_text to;
    to.object().member("$schema", "http://json-schema.org/draft-07/schema#");
    to.member("title", "curfew.toml").key("definitions").object();
    begin_table(to.key("policy"), {});
    for (const auto& of : sections()) {
        if (!of.is_inner()) write_member(to, of);
    }
    to.end().end().end();
    to.member("type", "object").member("additionalProperties", false).key("properties").object();
    for (const auto& of : sections()) {
        if (of.is_inner()) continue;
        const auto name = of.path.substr(0, of.path.find('.'));
        const auto target = "#/definitions/policy/properties/" + std::string{name};
        to.key(name).object().member("$ref", std::string_view{target}).end();
    }
    to.key("env").object().member("type", "object");
    to.member("description", "The same keys again, for one environment.");
    to.key("additionalProperties").object().member("$ref", "#/definitions/policy").end().end();
    return to.end().end().take();
}

}  // namespace curfew::policy
