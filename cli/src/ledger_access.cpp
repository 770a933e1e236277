#include "ledger_access.hpp"

#include "output.hpp"
#include "policy_sources.hpp"
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/spool.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

namespace curfew::cli {

namespace {

constexpr int not_found = 1;

bool is_there(const std::string& path) noexcept {
    struct stat told{};
    return ::stat(path.c_str(), &told) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/// A pipe would be waited for.
bool is_something_else(const std::string& path) noexcept {
    struct stat told{};
    return ::stat(path.c_str(), &told) == 0 && !S_ISREG(told.st_mode);
}

}  // namespace

ledger::wall_time wall_now() {
    return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

std::expected<std::string, int> ledger_path(const invocation& line) {
    const auto found = policy_or_flag(line, "--ledger");
    if (!found) {
        return std::unexpected{found.error()};
    }
    const auto& rules = (*found)->ledger;
    if (!rules.enabled) {
        return std::unexpected{complain(usage_problem{
            "the policy keeps no ledger (ledger.enabled is false)", "name one: --ledger FILE"
        })};
    }
    if (!rules.path.empty()) {
        return rules.path;
    }
    auto usual = ledger::default_path(std::getenv("XDG_STATE_HOME"), std::getenv("HOME"));
    if (!usual) {
        return std::unexpected{complain(usage_problem{
            "neither XDG_STATE_HOME nor HOME says where the ledger is", "name one: --ledger FILE"
        })};
    }
    return *std::move(usual);
}

int complain_about_ledger(const std::string& path, failure why) {
    const errc_entry& entry = describe(why.code);
    std::string sentence = "the ledger " + path + " cannot be read: ";
    complain(usage_problem{sentence.append(entry.title), std::string{entry.remedy}});
    return entry.exit_code;
}

std::expected<opened_ledger, int> open_ledger(const invocation& line) {
    auto path = ledger_path(line);
    if (!path) {
        return std::unexpected{path.error()};
    }
    if (is_something_else(*path)) {
        return std::unexpected{complain(
            usage_problem{*path + " is no ledger: it is no regular file", "--ledger FILE names one"}
        )};
    }
    // What cannot be taken over waits for another; what is there can be read.
    (void)ledger::merge_spool(*path, wall_now());
    if (!is_there(*path)) {
        complain(usage_problem{
            "there is no ledger at " + *path,
            "`curfew serve` makes one; --ledger FILE names another"
        });
        return std::unexpected{not_found};
    }
    auto book = ledger::reader::open(*path);
    if (!book) {
        return std::unexpected{complain_about_ledger(*path, book.error())};
    }
    return opened_ledger{*std::move(path), *std::move(book)};
}

}  // namespace curfew::cli
