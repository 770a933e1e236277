#include "ledger_access.hpp"

#include "output.hpp"
#include "policy_sources.hpp"
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/spool.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>

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

int complain_about(const std::string& path, const ledger::setback& what) {
    const errc_entry& entry = describe(what.why.code);
    std::string sentence = "the ledger " + path + " cannot be read: ";
    sentence += what.said.empty() ? std::string{entry.title} : what.said;
    complain(usage_problem{std::move(sentence), std::string{entry.remedy}});
    return entry.exit_code;
}

std::expected<opened_ledger, int> open_file(const std::string& path) {
    if (is_something_else(path)) {
        return std::unexpected{complain(
            usage_problem{path + " is no ledger: it is no regular file", "--ledger FILE names one"}
        )};
    }
    // What cannot be taken over waits for another; what is there can be read.
    (void)ledger::merge_spool(path, wall_now());
    if (!is_there(path)) {
        complain(usage_problem{
            "there is no ledger at " + path, "`curfew serve` makes one; --ledger FILE names another"
        });
        return std::unexpected{not_found};
    }
    auto book = ledger::reader::open(path);
    if (!book) {
        return std::unexpected{complain_about(path, {book.error()})};
    }
    return opened_ledger{path, *std::move(book)};
}

std::expected<opened_ledger, int> open_database(const ledger::place& where) {
    static const steady_clock time{};
    (void)ledger::merge_spool(where, wall_now(), time);
    auto book = ledger::reader::open(*where.database, time);
    if (book) {
        return opened_ledger{where.shown(), *std::move(book)};
    }
    if (book.error().why.code == errc::not_found) {
        complain(usage_problem{
            "there is no ledger at " + where.shown(),
            "`curfew serve` makes one; --ledger names another"
        });
        return std::unexpected{not_found};
    }
    return std::unexpected{complain_about(where.shown(), book.error())};
}

}  // namespace

ledger::times ledger_clocks() {
    return {[] { return steady_clock{}.now(); }, wall_now};
}

ledger::wall_time wall_now() {
    return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

std::expected<ledger::place, int> ledger_place(const invocation& line) {
    const auto found = policy_or_flag(line, "--ledger");
    if (!found) {
        return std::unexpected{found.error()};
    }
    return ledger_place(**found);
}

std::expected<ledger::place, int> ledger_place(const policy::policy& of) {
    if (!of.ledger.enabled) {
        return std::unexpected{complain(usage_problem{
            "the policy keeps no ledger (ledger.enabled is false)", "name one: --ledger FILE"
        })};
    }
    auto where = ledger::place_of(of, std::getenv("XDG_STATE_HOME"), std::getenv("HOME"));
    if (!where) {
        return std::unexpected{complain(usage_problem{
            "neither XDG_STATE_HOME nor HOME says where the ledger is", "name one: --ledger FILE"
        })};
    }
    return *std::move(where);
}

int complain_about_ledger(const opened_ledger& which, failure why) {
    return complain_about(which.path, {why, which.book.reason()});
}

std::expected<opened_ledger, int> open_ledger(const invocation& line) {
    const auto where = ledger_place(line);
    if (!where) {
        return std::unexpected{where.error()};
    }
    return where->database ? open_database(*where) : open_file(where->path);
}

}  // namespace curfew::cli
