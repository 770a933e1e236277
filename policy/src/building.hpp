#pragma once

#include "diagnosis.hpp"
#include "key.hpp"
#include "sheet.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy {

/// What each layer said about each key, by concrete path, weakest first.
class provenance {
  public:
    struct entry {
        origin where;
        std::string told;   ///< "curfew.toml:3:11", "as request.timeout"
        std::string value;  ///< as it would be written in the file
    };

    std::map<std::string, std::vector<entry>, std::less<>> said;
};

/// A policy while its layers are put on top of each other.
class building {
  public:
    explicit building(diagnosis& wrong) : wrong_{wrong} {}

    policy made;
    provenance origins;

    void apply_environment_defaults();
    void apply(const sheet& layer);
    /// Gives each route what it leaves out.
    void inherit();

    /// Writes the default of an environment or a value that follows from another key's.
    void derive(std::string_view path, std::string told);

    [[nodiscard]] slot place(const key_path& path);
    [[nodiscard]] slot place(std::string_view path);
    /// Whether a layer above the built-in ones set it.
    [[nodiscard]] bool is_set(std::string_view path) const;
    /// Who set it last.
    [[nodiscard]] origin setter(std::string_view path) const;
    /// Where a record was declared: "upstream.main", "alert.slow".
    [[nodiscard]] origin declared(std::string_view record) const;

    [[nodiscard]] diagnosis& wrong() noexcept { return wrong_; }

  private:
    struct declaration {
        std::size_t index;
        origin where;
    };

    void declare(const record_kind& kind, const std::string& name, const origin& where);
    [[nodiscard]] const declaration* find(const record_kind& kind, std::string_view name) const;
    void name_limits(route_policy& of) const;

    diagnosis& wrong_;
    std::map<const record_kind*, std::map<std::string, declaration, std::less<>>> declared_;
};

/// Lets defaults give way and finds limits that contradict each other.
void check_rules(building& of);

/// Reads what alerts say and finds sinks that are none.
void check_alerts(building& of);

/// Reads what signals say, and fills in the readings that they leave to their sensor.
void check_signals(building& of);

/// Reads the kinds of failure that a start may pass over.
void check_startup(building& of);

/// Reads where checks look, and gives those of a database its limits.
void check_surroundings(building& of);

/// Finds kinds that tell of a long run only when it is over.
void check_kinds(building& of);

/// Warns of what somebody set beside what is usual in this environment.
void check_guidelines(building& of);

}  // namespace curfew::policy
