#include "scenario.hpp"

namespace curfew::demo {

scenario::scenario(std::uint64_t seed)
    : operations{
          {"login", "POST", "/login", R"({"user":"ada","password":"correct horse"})"},
          {"listings", "GET", "/listings", ""},
          {"recommendations", "GET", "/listings/{n}/recommendations", ""},
      },
      plan{{.segments = {{end, rate, rate}},
            .gaps = load::spacing::poisson,
            .mix = {0.25, 0.45, 0.30},
            .seed = seed}},
      phases{
          {"steady", duration::zero()},
          {"hang", hang_on},
          {"recovery", hang_off},
          {"crash", crash},
      } {}

}  // namespace curfew::demo
