#pragma once

#include "descriptor_plan.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/policy/policy.hpp>

#include <cstddef>
#include <string>

namespace curfew::cli {

/// Why `serve` cannot start, as one sentence with a hint on stderr. Returns the exit code.
int complain_about(const policy::address& at, failure what);
int complain_about_workers(std::size_t workers, failure what);
int complain_about_access_log(const std::string& destination, failure what);
int complain_about_descriptors(const descriptor_plan& plan);
int complain_about_ready_line(int error);

}  // namespace curfew::cli
