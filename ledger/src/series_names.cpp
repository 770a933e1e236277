#include "series_names.hpp"

#include "last_values.hpp"

#include <algorithm>

namespace curfew::ledger {
namespace {

/// Of a name that is not known here: damage does not look like one.
result<> refuse(std::string_view name) noexcept {
    const bool is_name = !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    return fail(is_name ? errc::ledger_newer : errc::ledger_corrupt);
}

template <class T>
result<> read_name(std::string_view from, T& to) noexcept {
    for (unsigned i = 0; i <= last_number<T>; ++i) {
        if (to_string(static_cast<T>(i)) == from) {
            to = static_cast<T>(i);
            return {};
        }
    }
    return refuse(from);
}

result<> read_name(std::string_view from, std::optional<errc>& to) noexcept {
    if (from.empty()) {
        return {};
    }
    const auto found = std::ranges::find(errc_table(), from, &errc_entry::id);
    if (found == errc_table().end()) {
        return refuse(from);
    }
    to = found->code;
    return {};
}

}  // namespace

result<series> read_series(const row& from, int first) {
    series read;
    for (const auto& each : {
             read_name(from.text(first), read.where),
             read_name(from.text(first + 2), read.ended),
             read_name(from.text(first + 3), read.why),
             read_name(from.text(first + 4), read.reason),
             read_name(from.text(first + 5), read.error),
         }) {
        if (!each) {
            return std::unexpected{each.error()};
        }
    }
    read.name = from.text(first + 1);
    read.limit_name = from.text(first + 6);
    return read;
}

}  // namespace curfew::ledger
