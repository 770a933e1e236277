#pragma once

#include "record_kind.hpp"
#include "slot.hpp"

#include <span>
#include <string>
#include <string_view>

namespace curfew::policy {

/// What the path of a key begins at: the policy, or its record of that index.
struct record {
    policy* root = nullptr;
    std::size_t index = 0;
};

/// A fresh policy with a record of each kind, for what wants the type or the default of a key.
struct blank {
    policy root;

    blank() {
        each_kind(root, [](const record_kind&, auto& records) { records.emplace_back(); });
    }

    [[nodiscard]] record all() noexcept { return {&root, 0}; }
};

/// One row of the table from which parsing, strictness, defaults, variables, --explain, the JSON
/// schema and docs/policy.md come. Its default is what the slot of a fresh policy holds.
struct key {
    std::string_view path;  ///< "request.timeout", "upstream.*.urls", "alert.*.when"
    slot (*place)(const record&);
    range allowed;
    std::string_view documentation;
    std::string_view inherits{};  ///< the key whose value it takes when nobody sets it

    [[nodiscard]] bool of_upstream() const noexcept { return path.starts_with("upstream.*."); }

    [[nodiscard]] bool of_route() const noexcept { return path.starts_with("route.*."); }

    /// Of something that there may be several of.
    [[nodiscard]] bool is_named() const noexcept { return path.find(".*.") != path.npos; }

    /// Whether it is of one of a list of tables, which only the file can set.
    [[nodiscard]] bool is_listed() const noexcept { return is_named() && kind()->is_listed; }

    /// What it is of; nothing for keys of the policy itself.
    [[nodiscard]] const record_kind* kind() const noexcept { return kind_of(path); }

    /// Whether its value must not be shown to anybody.
    [[nodiscard]] bool is_secret() const noexcept;

    /// What may be shown of a value that `print` wrote: all of it, that there is one, or of a
    /// store where it is.
    [[nodiscard]] std::string shown(const std::string& printed) const;

    /// Read at the start only: a reload leaves it as it is.
    [[nodiscard]] bool needs_restart() const noexcept;

    /// The path behind "upstream.*." and its kin; the whole path of any other key.
    [[nodiscard]] std::string_view tail() const noexcept;
};

struct section {
    std::string_view path;  ///< "server", "upstream.*", "route.*", "route.*.breaker"
    std::string_view documentation;

    /// Below another one.
    [[nodiscard]] bool is_inner() const noexcept { return path.find(".*.") != path.npos; }
};

/// A built-in default that is no initialiser: it differs in one environment, or is of a record that
/// there is without being declared.
struct environment_default {
    std::string_view environment;  ///< empty: every one
    std::string_view path;         ///< concrete: "signal.memory.sensor"
    std::string_view text;         ///< as in a variable
};

/// All of them, in the order of docs/policy.md.
[[nodiscard]] std::span<const key> keys() noexcept;
/// The second half: what the service stands on, and kinds of commands.
[[nodiscard]] std::span<const key> surroundings_keys() noexcept;
[[nodiscard]] std::span<const section> sections() noexcept;
[[nodiscard]] std::span<const environment_default> environment_defaults() noexcept;

[[nodiscard]] const key* find_key(std::string_view pattern) noexcept;

/// A key with the name of the record it is meant of: "upstream.main.urls".
struct key_path {
    const key* which = nullptr;
    std::string_view name;  ///< empty for keys of the policy itself
};

[[nodiscard]] std::optional<key_path> resolve(std::string_view path) noexcept;

/// Where `of` keeps it, to be read; nothing where it has no such record.
[[nodiscard]] std::optional<slot> place_in(const policy& of, const key_path& path);

/// "upstream.main.urls"
[[nodiscard]] std::string concrete_path(const key& which, std::string_view name);

/// "CURFEW_REQUEST_TIMEOUT"; empty for keys that only the file can set.
[[nodiscard]] std::string variable_name(const key& which, std::string_view name);

/// print(), but for a secret only whether there is one.
[[nodiscard]] std::string print_of(const key& which, const slot& value);

/// What the key holds in a fresh policy.
[[nodiscard]] std::string default_text(const key& which);

}  // namespace curfew::policy
