#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::cli {

/// What a shell may offer for a value.
enum class offer : std::uint8_t { nothing, files, directories, words };

/// A flag of the command line. From these rows come the parser, the help, the man page and the
/// completions of each shell.
struct flag {
    std::string_view name;       ///< "--timeout"
    std::string_view value;      ///< what stands for its value in help: "DURATION"; empty: a switch
    std::string_view help;       ///< a sentence
    std::string_view key{};      ///< the key of the policy it sets; empty: none
    std::string_view setting{};  ///< what a switch sets that key to
    /// A key that is false where the value is `off`, and true where there is another; then `key` is
    /// set to that.
    std::string_view off_key{};
    offer offers = offer::nothing;
    std::string_view words{};  ///< for offer::words, with spaces between
    bool repeatable = false;
    char letter = 0;  ///< of a short form: 'h' for -h
};

struct invocation;

/// What a flag that every verb takes sets for one of them.
struct meaning {
    std::string_view flag;
    std::string_view key;
    std::string_view setting;
};

/// A verb: one row here, one file under verbs/.
struct verb {
    std::string_view name;
    std::string_view usage;    ///< what stands behind the flags: "[DIRECTORY]"
    std::string_view summary;  ///< half a line
    std::string_view description;
    std::span<const flag> own;  ///< beside those that every verb takes
    std::span<const meaning> meanings{};
    std::size_t arguments_max = 0;
    bool takes_command = false;      ///< everything behind `--`
    std::string_view command_key{};  ///< the key of the policy that it sets; empty: none
    offer offers = offer::nothing;   ///< for its arguments
    std::string_view words{};
    int (*run)(const invocation&) = nullptr;
};

/// A command line that was understood.
struct invocation {
    const cli::verb* verb = nullptr;
    std::map<std::string_view, std::vector<std::string>> given;  ///< flag name -> its values
    std::vector<std::string> arguments;
    std::vector<std::string> command;  ///< behind `--`

    [[nodiscard]] bool has(std::string_view flag) const { return given.contains(flag); }

    /// Every value of a flag; none where it was not given.
    [[nodiscard]] std::span<const std::string> values(std::string_view flag) const;

    /// The value of a flag that was given, else `otherwise`.
    [[nodiscard]] std::string value(std::string_view flag, std::string_view otherwise = {}) const;
};

/// All verbs, in the order of the help.
[[nodiscard]] std::span<const verb> verbs() noexcept;

[[nodiscard]] const verb* find_verb(std::string_view name) noexcept;

/// What every verb takes; one for which a flag has no meaning does nothing with it.
[[nodiscard]] std::span<const flag> flags_of_every_verb() noexcept;

/// The flags of a verb: its own, then those of every verb.
[[nodiscard]] std::vector<flag> flags_of(const verb& which);

}  // namespace curfew::cli
