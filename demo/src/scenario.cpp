#include "scenario.hpp"

namespace curfew::demo {

scenario::scenario(std::uint64_t seed, const scenario_times& when)
    : times{when},
      operations{
          {"login", "POST", "/login", R"({"user":"ada","password":"correct horse"})"},
          {"listings", "GET", "/listings", ""},
          {"recommendations", "GET", "/listings/{n}/recommendations", ""},
      },
      plan{
          {.segments = {{when.end, rate, rate}},
           .gaps = load::spacing::poisson,
           .mix = {0.25, 0.45, 0.30},
           .seed = seed}
      },
      phases{
          {"warm-up", duration::zero()},
          {"hang", when.hang_on},
          {"recovery", when.hang_off},
          {"crash", when.crash},
      } {}

}  // namespace curfew::demo
