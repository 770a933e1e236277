#include "spool_merge.hpp"

#include "batch_frame.hpp"
#include "open_file.hpp"
#include "outbox.hpp"
#include "spool_frame.hpp"
#include <curfew/ledger/spool.hpp>

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <random>
#include <string_view>

namespace curfew::ledger {
namespace {

constexpr std::size_t files_a_turn = 64;

std::optional<std::vector<std::byte>> read_all(const open_file& file) {
    struct stat told{};
    if (::fstat(file.number(), &told) != 0 || told.st_size < 0) {
        return std::nullopt;
    }
    const auto most = static_cast<std::uint64_t>(told.st_size);
    std::vector<std::byte> bytes(std::min<std::uint64_t>(most, frame_bytes_max));
    std::size_t size = 0;
    while (size < bytes.size()) {
        const auto got = ::read(file.number(), bytes.data() + size, bytes.size() - size);
        if (got < 0) {
            return std::nullopt;
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
}

void put_aside(const std::string& base, wall_time now) {
    struct stat told{};
    const std::string path = spool_path(base);
    if (::stat(path.c_str(), &told) != 0 || told.st_size == 0) {
        return;
    }
    // The name is what makes a merge happen once, so it is never used twice, on any machine.
    const std::string name = path + "-" + std::to_string(now.time_since_epoch().count()) + "-" +
                             std::to_string(::getpid()) + "-" + std::to_string(told.st_ino) + "-" +
                             std::to_string(std::random_device{}());
    if (::access(name.c_str(), F_OK) != 0) {
        std::rename(path.c_str(), name.c_str());
    }
}

/// False: it waits for a disk that can be read, or for a newer Curfew.
bool read_file(const open_file& file, batch& into, frame_head& head, bool& framed) {
    const auto bytes = read_all(file);
    if (!bytes) {
        return false;
    }
    framed = is_frame(*bytes);
    if (!framed) {
        // A file has its name before it has its bytes only after a power failure.
        into.count(fate::spool_torn, bytes->empty() ? 1 : 0);
        read_spool(*bytes, into);
        return true;
    }
    const auto read = decode_frame(*bytes, into, head);
    if (!read && read.error().code != errc::ledger_newer) {
        framed = false;
        into = {};
        into.count(fate::spool_torn);
    }
    return read || read.error().code != errc::ledger_newer;
}

/// Of what is no frame.
bool is_all_torn(const fates& told) {
    const auto count = [&](fate what) { return told[static_cast<std::size_t>(what)]; };
    return count(fate::spool_torn) > 0 && count(fate::spool_merged) == 0 &&
           count(fate::spool_foreign) == 0;
}

/// Out of the way of those behind it, and not lost.
std::string keep_refused(const std::string& path, const std::string& base) {
    const std::string spool = spool_path(base);
    std::string name = base + ".refused" +
                       path.substr(path.rfind('/') + 1).substr(spool.size() - spool.rfind('/') - 1);
    return std::rename(path.c_str(), name.c_str()) == 0 ? name : path;
}

}  // namespace

bool has_spool(const std::string& base) {
    return identify(spool_path(base)) || !left_over(base).empty();
}

result<merged> merge_spools(store& to, const std::string& base, wall_time now) {
    merged told;
    put_aside(base, now);
    std::size_t taken = 0;
    for (const std::string& each : left_over(base)) {
        if (taken == files_a_turn) {
            told.more = true;
            break;
        }
        const open_file file{each, O_RDONLY | O_NOFOLLOW | O_NONBLOCK};
        if (!file.is_open() || ::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
            continue;  // somebody appends to it, or merges it
        }
        batch what;
        frame_head head;
        bool framed = false;
        if (!read_file(file, what, head, framed)) {
            continue;
        }
        label as{std::string_view{each}.substr(each.rfind('/') + 1)};
        as.by = framed ? &head.by : nullptr;
        as.stopped = head.stopped;
        const auto done = to.write(what, framed ? head.at : now, as);
        if (done) {
            ++taken;
            told.torn += !framed && is_all_torn(what.what_became()) ? 1 : 0;
            ::unlink(each.c_str());
        } else if (to.explain(done.error()).refused) {
            told.refused.push_back(keep_refused(each, base));
        } else {
            return std::unexpected{done.error()};
        }
    }
    return told;
}

}  // namespace curfew::ledger
