#include "record_kind.hpp"

#include <algorithm>

namespace curfew::policy {

const record_kind* find_kind(std::string_view name) noexcept {
    const auto found = std::ranges::find(record_kinds, name, &record_kind::name);
    return found == record_kinds.end() ? nullptr : *found;
}

const record_kind* kind_of(std::string_view path) noexcept {
    const auto dot = path.find('.');
    return dot == path.npos ? nullptr : find_kind(path.substr(0, dot));
}

std::vector<std::string_view> record_names(const policy& of, const record_kind& kind) {
    std::vector<std::string_view> names;
    each_kind(of, [&](const record_kind& each, const auto& records) {
        if (&each != &kind) return;
        for (const auto& record : records) {
            names.emplace_back(record.name);
        }
    });
    return names;
}

std::optional<std::size_t> find_record(
    const policy& of, const record_kind& kind, std::string_view name
) {
    std::optional<std::size_t> at;
    each_kind(of, [&]<class Record>(const record_kind& each, const std::vector<Record>& records) {
        if (&each != &kind) return;
        const auto found = std::ranges::find(records, name, &Record::name);
        if (found != records.end()) at = static_cast<std::size_t>(found - records.begin());
    });
    return at;
}

std::size_t add_record(policy& to, const record_kind& kind, const std::string& name) {
    std::size_t at = 0;
    each_kind(to, [&](const record_kind& each, auto& records) {
        if (&each != &kind) return;
        at = records.size();
        records.emplace_back().name = name;
    });
    return at;
}

}  // namespace curfew::policy
