#include "open_file.hpp"
#include "postgres_store.hpp"
#include "spool_frame.hpp"
#include "spool_merge.hpp"
#include "sqlite_store.hpp"
#include <curfew/ledger/place.hpp>
#include <curfew/ledger/spool.hpp>

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <span>

namespace curfew::ledger {
namespace {

constexpr int attempts = 8;

/// Whether `file` is what `path` names now, and no merge has begun to read it.
bool is_current(const open_file& file, const std::string& path, struct stat& told) noexcept {
    if (::flock(file.number(), LOCK_SH | LOCK_NB) != 0 || ::fstat(file.number(), &told) != 0) {
        return false;
    }
    return identify(path) == file_identity{told.st_dev, told.st_ino};
}

result<> append(const std::string& ledger_path, std::span<const std::byte> frame) {
    if (const auto made = make_directory_of(ledger_path); !made) {
        return made;
    }
    const std::string path = spool_path(ledger_path);
    for (int i = 0; i < attempts; ++i) {
        const open_file file{path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600};
        if (!file.is_open()) {
            return fail(errc::io_error, errno);
        }
        struct stat told{};
        if (!is_current(file, path, told)) {
            continue;  // it was just renamed aside: the next attempt begins a new one
        }
        if (static_cast<std::size_t>(told.st_size) + frame.size() > spool_bytes_max) {
            return fail(errc::local_resource, ENOSPC);
        }
        const auto wrote = ::write(file.number(), frame.data(), frame.size());
        if (wrote == static_cast<ssize_t>(frame.size())) {
            return {};
        }
        return fail(errc::io_error, wrote < 0 ? errno : ENOSPC);
    }
    return fail(errc::io_error, EAGAIN);
}

}  // namespace

std::string spool_path(const std::string& ledger_path) {
    return ledger_path + ".spool";
}

result<> append_to_spool(const std::string& ledger_path, const event& what, wall_time started) {
    return append(ledger_path, spool_frame(what, started));
}

result<> append_to_spool(const std::string& ledger_path, const mark& what) {
    return append(ledger_path, spool_frame(what));
}

result<> merge_spool(const std::string& ledger_path, wall_time now) {
    if (!has_spool(ledger_path)) {
        return {};
    }
    auto opened = sqlite_store::open(ledger_path, {});
    if (!opened) {
        return std::unexpected{opened.error()};
    }
    const auto done = merge_spools(*opened, ledger_path, now);
    return done ? result<>{} : std::unexpected{done.error()};
}

std::expected<void, setback> merge_spool(const place& where, wall_time now, const clock& time) {
    if (!has_spool(where.path)) {
        return {};
    }
    auto opened = postgres_store::open(*where.database, {time});
    if (!opened) {
        return std::unexpected{std::move(opened.error())};
    }
    bool more = true;
    while (more) {
        const auto done = merge_spools(*opened, where.path, now);
        if (!done) {
            return std::unexpected{opened->explain(done.error())};
        }
        more = done->more;
    }
    return {};
}

}  // namespace curfew::ledger
