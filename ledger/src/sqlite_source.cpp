#include "sqlite_source.hpp"

#include "schema.hpp"
#include "set_aside.hpp"

namespace curfew::ledger {

result<std::unique_ptr<reader_source>> sqlite_source::open(const std::string& path) {
    auto opened = database::open(path, {.how = database::access::read});
    auto version = opened ? version_of(*opened) : std::unexpected{opened.error()};
    if (!version && is_no_access(version.error())) {
        // Without a writer and without permission to begin its index, nobody changes it either.
        opened = database::open(path, {.how = database::access::immutable});
        version = opened ? version_of(*opened) : std::unexpected{opened.error()};
    }
    if (!version) {
        const bool damaged = version.error().code == errc::ledger_corrupt;
        return damaged && !was_a_ledger(path) ? fail(errc::ledger_foreign)
                                              : std::unexpected{version.error()};
    }
    if (*version == 0) {
        return std::unexpected{no_access()};
    }
    return std::make_unique<sqlite_source>(*std::move(opened));
}

result<> sqlite_source::select(
    std::string_view sql, std::int64_t a, std::int64_t b, const visitor& visit
) {
    auto asked = on_.prepare(sql);
    if (!asked) {
        return std::unexpected{asked.error()};
    }
    asked->bind(1, a).bind(2, b);
    for (;;) {
        const auto found = asked->step();
        if (!found) {
            return std::unexpected{found.error()};
        }
        if (!*found) {
            return {};
        }
        if (const result<bool> more = visit(*asked); !more || !*more) {
            return more ? result<>{} : std::unexpected{more.error()};
        }
    }
}

result<std::uint64_t> sqlite_source::bytes() {
    const auto pages = on_.number("PRAGMA page_count");
    const auto size = on_.number("PRAGMA page_size");
    if (!pages || !size) {
        return std::unexpected{pages ? size.error() : pages.error()};
    }
    return static_cast<std::uint64_t>(*pages * *size);
}

}  // namespace curfew::ledger
