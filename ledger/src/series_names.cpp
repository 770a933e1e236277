#include "series_names.hpp"

#include "last_of.hpp"

#include <algorithm>

namespace curfew::ledger {
namespace {

template <class T>
bool read_enum(std::string_view from, T& to) noexcept {
    for (unsigned i = 0; i <= static_cast<unsigned>(last_of<T>); ++i) {
        if (to_string(static_cast<T>(i)) == from) {
            to = static_cast<T>(i);
            return true;
        }
    }
    return false;
}

bool read_error(std::string_view from, std::optional<errc>& to) noexcept {
    if (from.empty()) {
        return true;
    }
    const auto found = std::ranges::find(errc_table(), from, &errc_entry::id);
    if (found == errc_table().end()) {
        return false;
    }
    to = found->code;
    return true;
}

}  // namespace

result<series> read_series(const statement& from, int first) {
    series read;
    if (!read_enum(from.text(first), read.where) || !read_enum(from.text(first + 2), read.ended) ||
        !read_enum(from.text(first + 3), read.why) ||
        !read_enum(from.text(first + 4), read.reason) ||
        !read_error(from.text(first + 5), read.error)) {
        return fail(errc::ledger_corrupt);
    }
    read.name = from.text(first + 1);
    read.limit_name = from.text(first + 6);
    return read;
}

}  // namespace curfew::ledger
