// Prints docs/errors.md from the one table of errors (`make docs`).
#include <curfew/core/failure.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace {

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_row(const curfew::errc_entry& entry) {
    const auto status =
        entry.http_status == 0 ? std::string{"-"} : std::to_string(entry.http_status);
    print("| [" + std::string{entry.id} + "](#" + std::string{entry.id} + ") | ");
    print(std::to_string(entry.exit_code) + " | " + status + " | " + std::string{entry.sqlstate});
    print(entry.retryable ? " | yes |\n" : " | no |\n");
}

void print_entry(const curfew::errc_entry& entry) {
    print("\n## " + std::string{entry.id} + "\n\n");
    print(std::string{entry.title} + " " + std::string{entry.remedy} + "\n");
}

}  // namespace

int main() {
    print("# Errors\n\n");
    print("Generated from the table in `core/src/failure.cpp` by `make docs`; do not edit.\n\n");
    print("The id is the end of a refusal's `type`, and never changes its meaning. *Retry* says\n");
    print("whether the same call may succeed later. A dash means: never answered over HTTP.\n\n");
    print("| id | exit code | HTTP status | SQLSTATE | retry |\n");
    print("|---|---|---|---|---|\n");
    for (const auto& entry : curfew::errc_table()) {
        print_row(entry);
    }
    for (const auto& entry : curfew::errc_table()) {
        print_entry(entry);
    }
    return std::ferror(stdout) == 0 ? 0 : 1;
}
