#pragma once

#include "table.hpp"

namespace curfew::cli {

// One verb, one file of its name beside this one. Each returns the exit code (DESIGN: 0 done, 2 bad
// usage or a policy that does not validate, 125 Curfew itself failed).

int advise(const invocation& line);
int alert(const invocation& line);
int monitor(const invocation& line);
int preflight(const invocation& line);
int pressure(const invocation& line);
int check(const invocation& line);
int completions(const invocation& line);
int demo(const invocation& line);
int explain(const invocation& line);
int help(const invocation& line);
int init(const invocation& line);
int mark(const invocation& line);
int reload(const invocation& line);
int report(const invocation& line);
int run(const invocation& line);
int serve(const invocation& line);
int trend(const invocation& line);
int version(const invocation& line);
int watch(const invocation& line);

}  // namespace curfew::cli
