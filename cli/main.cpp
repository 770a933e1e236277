#include "output.hpp"
#include "parse.hpp"
#include "table.hpp"

// Parse, pick the verb, run it, exit with what it says.
int main(int argc, char** argv) {
    const auto line = curfew::cli::parse({argv + 1, argv + argc});
    if (!line) {
        return curfew::cli::complain(line.error());
    }
    return curfew::cli::finish(line->verb->run(*line));
}
