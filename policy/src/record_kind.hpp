#pragma once

#include <curfew/policy/policy.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace curfew::policy {

/// More than a file of 1 MiB holds.
inline constexpr std::size_t as_many_as_written = 200'000;

/// What a policy may have several of, told apart by name.
struct record_kind {
    std::string_view name;         ///< "upstream": its paths begin with it
    std::string_view plural;       ///< "upstreams"
    std::string_view one;          ///< "an upstream"
    std::string_view how_named{};  ///< what is told where a name is missing
    bool is_listed = false;        ///< [[route]], which only the file can set; else [sink.NAME]
    bool is_matched = false;       ///< needs no name: it is called by what it matches
    bool is_implicit = false;      ///< there are some, though nobody declares any
    std::string_view usual{};      ///< a name that variables may speak of undeclared
    std::size_t most = as_many_as_written;
    std::string_view fewer{};     ///< what is told where there are more
    std::string_view distinct{};  ///< what is told where two in a list have one name
};

template <class Record>
struct record_row {
    record_kind kind;
    std::vector<Record> policy::* records;
};

/// One row a kind, in the order of docs/policy.md.
inline constexpr std::tuple record_table{
    record_row{
        record_kind{
            .name = "upstream",
            .plural = "upstreams",
            .one = "an upstream",
            .how_named = "write a line [upstream.main]",
            .is_implicit = true,
            .usual = "default",
        },
        &policy::upstreams
    },
    record_row{
        record_kind{
            .name = "route",
            .plural = "routes",
            .one = "a route",
            .is_listed = true,
            .is_matched = true,
            .is_implicit = true,
            .most = 10'000,
            .fewer = "join some by prefix",
            .distinct = "give each a `name` of its own, and a match of its own",
        },
        &policy::routes
    },
    record_row{
        record_kind{
            .name = "alert",
            .plural = "alerts",
            .one = "an alert",
            .how_named = "write: name = \"slow\"",
            .is_listed = true,
            .most = 256,
            .fewer = "join some by a pattern",
            .distinct = "give each a name of its own",
        },
        &policy::alerts
    },
    record_row{
        record_kind{
            .name = "sink",
            .plural = "sinks",
            .one = "a sink",
            .how_named = "write a line [sink.chat]",
        },
        &policy::sinks
    },
    record_row{
        record_kind{
            .name = "signal",
            .plural = "signals",
            .one = "a signal",
            .how_named = "write a line [signal.deploy]",
            .most = 64,
            .fewer = "let one signal stretch several limits",
        },
        &policy::signals
    },
    record_row{
        record_kind{
            .name = "check",
            .plural = "checks",
            .one = "a check",
            .how_named = "write a line [check.database]",
            .most = 64,
            .fewer = "let a check of the type command look at several things",
        },
        &policy::checks
    },
    record_row{
        record_kind{
            .name = "kind",
            .plural = "kinds",
            .one = "a kind",
            .how_named = "write a line [kind.unit]",
            .most = 64,
            .fewer = "let kinds that have the same limits be one",
        },
        &policy::kinds
    },
};

inline constexpr std::array record_kinds = std::apply(
    [](const auto&... row) { return std::array<const record_kind*, sizeof...(row)>{&row.kind...}; },
    record_table
);

/// Calls `seen` with each kind and the records of it.
template <class Policy, class Seen>
void each_kind(Policy& of, const Seen& seen) {
    std::apply([&](const auto&... row) { (seen(row.kind, of.*row.records), ...); }, record_table);
}

/// "upstream"; nothing where no kind is called so.
[[nodiscard]] const record_kind* find_kind(std::string_view name) noexcept;

/// Of "upstream.main.urls" and "upstream.*"; nothing for what is of the policy itself.
[[nodiscard]] const record_kind* kind_of(std::string_view path) noexcept;

/// In the order in which the policy has them; valid as long as its records are.
[[nodiscard]] std::vector<std::string_view> record_names(const policy& of, const record_kind& kind);

/// Where it stands among those of its kind.
[[nodiscard]] std::optional<std::size_t> find_record(
    const policy& of, const record_kind& kind, std::string_view name
);

/// Adds one of that name, and tells where it stands.
std::size_t add_record(policy& to, const record_kind& kind, const std::string& name);

}  // namespace curfew::policy
