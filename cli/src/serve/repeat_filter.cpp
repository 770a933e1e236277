#include "repeat_filter.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>

namespace curfew::cli {

namespace {

std::uint64_t key_of(const event& what) noexcept {
    const std::uint64_t kind = static_cast<std::uint64_t>(what.ended) << 24U |
                               static_cast<std::uint64_t>(what.why.kind) << 16U |
                               static_cast<std::uint64_t>(what.why.reason) << 8U |
                               static_cast<std::uint64_t>(what.error.value_or(errc::internal));
    return std::hash<std::string_view>{}(what.name) ^ kind * 0x9e3779b97f4a7c15U;
}

std::int64_t second_of(time_point at) noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

event untold::as_event() const noexcept {
    event made;
    made.where = where;
    made.name = {name.data(), name_size};
    made.ended = ended;
    made.why = why;
    made.error = error;
    return made;
}

void repeat_filter::forget(kind& seat) noexcept {
    owing_ -= seat.rest.count > 0 ? 1 : 0;
    seat.rest.count = 0;
}

repeat_filter::verdict repeat_filter::admit(policy::severity level, const event& what) noexcept {
    const std::uint64_t key = key_of(what);
    const std::int64_t second = second_of(add_saturated(what.started, what.took));
    kind& seat = kinds_[key % seats];
    verdict told{.tell = true};
    if (seat.key == key) {
        if (seat.second == second) {
            owing_ += seat.rest.count == 0 ? 1 : 0;
            ++seat.rest.count;
            return {};
        }
        told.left_out = seat.rest.count;
    } else if (seat.rest.count > 0) {
        told.displaced = seat.rest;
    }
    forget(seat);
    seat.key = key;
    seat.second = second;
    seat.rest.level = level;
    seat.rest.where = what.where;
    seat.rest.ended = what.ended;
    seat.rest.why = what.why;
    seat.rest.error = what.error;
    seat.rest.name_size = what.name.copy(seat.rest.name.data(), seat.rest.name.size());
    return told;
}

std::optional<untold> repeat_filter::take(std::size_t seat, time_point now) noexcept {
    kind& of = kinds_[seat];
    if (of.rest.count == 0 || of.second >= second_of(now)) {
        return std::nullopt;
    }
    const untold taken = of.rest;
    forget(of);
    return taken;
}

}  // namespace curfew::cli
