#include "sqlite_store.hpp"

namespace curfew::ledger {

result<std::uint64_t> sqlite_store::change(std::string_view sql, std::int64_t a, std::int64_t b) {
    auto made = on_.prepare(sql);
    if (!made) {
        return std::unexpected{made.error()};
    }
    const auto done = made->bind(1, a).bind(2, b).run();
    if (!done) {
        return std::unexpected{done.error()};
    }
    return static_cast<std::uint64_t>(on_.changed());
}

result<std::optional<std::int64_t>> sqlite_store::number(
    std::string_view sql, std::int64_t a, std::int64_t b
) {
    auto asked = on_.prepare(sql);
    if (!asked) {
        return std::unexpected{asked.error()};
    }
    const auto found = asked->bind(1, a).bind(2, b).step();
    if (!found) {
        return std::unexpected{found.error()};
    }
    return *found ? std::optional{asked->number(0)} : std::nullopt;
}

result<std::uint64_t> sqlite_store::used_bytes() {
    const auto whole = bytes();
    const auto free = on_.number("PRAGMA freelist_count");
    const auto size = on_.number("PRAGMA page_size");
    if (!whole || !free || !size) {
        return std::unexpected{!whole ? whole.error() : !free ? free.error() : size.error()};
    }
    return *whole - static_cast<std::uint64_t>(*free * *size);
}

result<store::trimmed> sqlite_store::trim(
    const policy::ledger_policy& rules, wall_time now, std::uint64_t most
) {
    auto writing = transaction::begin(on_);
    if (!writing) {
        return std::unexpected{writing.error()};
    }
    auto told = ledger::trim(*this, rules, now, most);
    if (!told) {
        return told;
    }
    if (const auto done = writing->commit(); !done) {
        return std::unexpected{done.error()};
    }
    if (const auto done = give_pages_back(rules.size_max); !done) {
        told->pages_kept = done.error();
    }
    return told;
}

result<> sqlite_store::give_pages_back(std::uint64_t size_max) {
    const auto whole = bytes();
    const auto free = on_.number("PRAGMA freelist_count");
    const auto pages = on_.number("PRAGMA page_count");
    if (!whole || !free || !pages) {
        return std::unexpected{!whole ? whole.error() : !free ? free.error() : pages.error()};
    }
    // Free pages are used again by what comes next, so only a real surplus is worth the writing.
    const bool too_large = *whole > size_max;
    if (*free > 0 && (too_large || *free > *pages / 4)) {
        return on_.run(
            too_large ? "PRAGMA incremental_vacuum(4096)" : "PRAGMA incremental_vacuum(512)"
        );
    }
    return {};
}

}  // namespace curfew::ledger
