#pragma once

#include "keeper.hpp"
#include <curfew/process/unit.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace curfew::process {

/// The memory behind a keeper::plan: candidates from PATH, arguments, environment.
class launch {
  public:
    launch(const command& what, std::string_view marker);

    launch(const launch&) = delete;
    launch& operator=(const launch&) = delete;

    /// Points into this object.
    [[nodiscard]] keeper::plan plan() const noexcept;

    [[nodiscard]] const std::vector<std::string>& candidates() const noexcept {
        return candidates_;
    }

    [[nodiscard]] const std::vector<std::string>& environment() const noexcept {
        return environment_;
    }

  private:
    std::vector<std::string> candidates_;
    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::string directory_;
    std::vector<char*> candidate_pointers_;
    std::vector<char*> argument_pointers_;
    std::vector<char*> environment_pointers_;
    grouping group_ = grouping::own_session;
    bool transparent_ = false;
};

}  // namespace curfew::process
