#include <curfew/core/account.hpp>

#include <algorithm>
#include <cstdio>

namespace curfew {

namespace {

duration sum_saturated(duration one, duration other) noexcept {
    return add_saturated(time_point{one}, other).time_since_epoch();
}

}  // namespace

std::string_view to_string(stage which) noexcept {
    switch (which) {
        case stage::receive:
            return "receive";
        case stage::queue:
            return "queue";
        case stage::start:
            return "start";
        case stage::resolve:
            return "resolve";
        case stage::connect:
            return "connect";
        case stage::handshake:
            return "handshake";
        case stage::attempt:
            return "attempt";
        case stage::backoff:
            return "backoff";
        case stage::body:
            return "body";
        case stage::run:
            return "run";
        case stage::other:
            return "other";
    }
    return "other";
}

void time_account::add(stage what, duration spent, std::uint8_t number) noexcept {
    const auto known =
        std::find_if(entries_.begin(), entries_.begin() + size_, [&](const entry& e) {
            return e.what == what && e.number == number;
        });
    if (known != entries_.begin() + size_) {
        known->spent = sum_saturated(known->spent, spent);
    } else if (size_ < capacity) {
        entries_[size_++] = {what, number, spent};
    } else {
        entry& last = entries_.back();
        last = {stage::other, 0, sum_saturated(last.spent, spent)};
    }
}

duration time_account::total() const noexcept {
    duration sum{};
    for (const entry& e : entries()) {
        sum = sum_saturated(sum, e.spent);
    }
    return sum;
}

std::string time_account::format() const {
    std::string text;
    for (const entry& e : entries()) {
        if (!text.empty()) {
            text += ", ";
        }
        text += to_string(e.what);
        char figures[48];
        if (e.number != 0) {
            std::snprintf(figures, sizeof figures, " %u", unsigned{e.number});
            text += figures;
        }
        const double seconds = std::chrono::duration<double>(e.spent).count();
        std::snprintf(figures, sizeof figures, " %.2f s", seconds);
        text += figures;
    }
    return text;
}

}  // namespace curfew
