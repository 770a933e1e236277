#pragma once

#include <curfew/core/clock.hpp>

#include <string>

namespace curfew::cli {

/// Says sentences on stderr, each behind "curfew: ", and is kept by nobody who does not read them:
/// what finds no room within 100 ms is left out, and from then on what finds none at once. SIGPIPE
/// must be blocked. Thread rule: one thread at a time.
class patient_voice {
  public:
    explicit patient_voice(bool quiet = false) noexcept : quiet_{quiet} {}

    /// Not with --quiet.
    void say(const std::string& sentence);

    /// What is said in any case.
    void complain(const std::string& sentence);

  private:
    bool quiet_;
    int patience_ms_ = 100;  ///< 0 once it was used up
};

}  // namespace curfew::cli
