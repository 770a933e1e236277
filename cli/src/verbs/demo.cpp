#include "output.hpp"
#include "verbs.hpp"
#include <curfew/demo/demo.hpp>

#include <charconv>

namespace curfew::cli {

int demo(const invocation& line) {
    demo::demo_options options;
    options.report = line.value("--report", options.report);
    options.shop = line.value("--shop");
    options.json = line.has("--json");
    options.verbose = line.has("--verbose");
    if (line.has("--quiet")) options.progress = nullptr;
    const auto seed = line.value("--seed", "1");
    const auto [end, error] = std::from_chars(seed.data(), seed.data() + seed.size(), options.seed);
    if (error != std::errc{} || end != seed.data() + seed.size()) {
        return complain(
            usage_problem{"--seed must be a whole number, not \"" + seed + "\"", "--seed 1"}
        );
    }
    return demo::run_demo(options);
}

}  // namespace curfew::cli
