#pragma once

#include "literal.hpp"
#include <curfew/policy/load.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy {

/// Who set a value, and where.
struct origin {
    layer said_by = layer::builtin;
    std::string name;  ///< of a variable or flag
    position at{};     ///< in the file
};

/// Collects problems and warnings, up to problems_max of each, and shows each where it is.
class diagnosis {
  public:
    diagnosis(std::string_view file_name, std::string_view file_text)
        : file_name_{file_name}, file_text_{file_text} {}

    void add(const origin& where, std::string sentence, std::string hint = {});

    void add(position at, std::string sentence, std::string hint = {}) {
        add(origin{layer::file, {}, at}, std::move(sentence), std::move(hint));
    }

    void warn(const origin& where, std::string sentence, std::string hint = {});

    /// "curfew.toml:3:11", "--timeout", "built-in"
    [[nodiscard]] std::string describe(const origin& where) const;

    [[nodiscard]] bool empty() const noexcept { return problems_.empty(); }

    void move_to(loading& to);

  private:
    [[nodiscard]] problem make(const origin& where, std::string sentence, std::string hint) const;

    std::string_view file_name_;
    std::string_view file_text_;
    std::vector<problem> problems_;
    std::vector<problem> warnings_;
    std::size_t left_out_ = 0;
};

}  // namespace curfew::policy
