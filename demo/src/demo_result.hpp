#pragma once

#include "arm_result.hpp"
#include "claims.hpp"

#include <string_view>
#include <vector>

namespace curfew::demo {

/// DESIGN's verdicts, as far as this demo can give them.
enum class verdict : std::uint8_t { pass, fail, invalid, void_ };

[[nodiscard]] std::string_view to_string(verdict what) noexcept;
[[nodiscard]] int exit_code(verdict what) noexcept;

/// Everything that the table, the page and the JSON are written from.
struct demo_result {
    const scenario& plan;
    std::uint64_t seed = 0;
    const arm_result& direct;
    const arm_result& curfew;
    std::vector<claim> claims;

    [[nodiscard]] verdict conclusion() const;
};

/// One line of the table: an operation in one run, as figures.
struct table_row {
    std::string operation;
    std::string run;
    std::string requests;
    std::string success;
    std::string timed_out;
    std::string refused;
    std::string failed;
    std::string p50;
    std::string p95;
    std::string p99;
    std::string outage;
    std::string after_hang;
    std::string after_crash;
};

[[nodiscard]] std::vector<table_row> table_of(const demo_result& of);

/// The names of the columns, in the order of `cells_of`.
inline constexpr std::string_view column_names[] = {
    "operation",
    "run",
    "requests",
    "success",
    "time-outs",
    "refused",
    "failed",
    "P50",
    "P95",
    "P99",
    "outage",
    "after hang",
    "after crash",
};

[[nodiscard]] std::vector<std::string_view> cells_of(const table_row& row);

// Writers, each from the one result.
[[nodiscard]] std::string write_text(const demo_result& of);
[[nodiscard]] std::string write_json(const demo_result& of);
[[nodiscard]] std::string write_page(const demo_result& of);

/// What the shop told of the faults: "8 calls caught by the hang; the crash killed process 41,
/// ...".
[[nodiscard]] std::string fault_sentence(const arm_result& run);

/// One sentence on how the generator did: "VALID: lag P99 0.12 ms, ...".
[[nodiscard]] std::string generator_sentence(const arm_result& run);

}  // namespace curfew::demo
