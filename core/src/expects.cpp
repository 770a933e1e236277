#include <curfew/core/expects.hpp>

#include <cstdio>
#include <cstdlib>

namespace curfew {

void broken_contract(const char* what, std::source_location where) noexcept {
    std::fprintf(
        stderr,
        "curfew: bug: %s (%s:%u in %s)\n",
        what,
        where.file_name(),
        where.line(),
        where.function_name()
    );
    std::abort();
}

}  // namespace curfew
