#include "notable_ends.hpp"

#include <curfew/core/rfc3339.hpp>
#include <curfew/ledger/records.hpp>

#include <algorithm>
#include <utility>

namespace curfew::cli {

namespace {

constexpr std::size_t said_max = 200;

/// What a step of the backend tells in words: where it hangs, why it ended.
std::string said_by(const event& what) {
    const auto said = std::ranges::find(what.attributes, "said", &event::attribute::key);
    return said == what.attributes.end() ? std::string{}
                                         : std::string{said->value.substr(0, said_max)};
}

admin::live_end end_of(const event& what) {
    admin::live_end made;
    made.surface = to_string(what.where);
    made.name = what.name;
    made.outcome = to_string(what.ended);
    made.cause = to_string(what.why.kind);
    if (what.why.reason != shed_reason::none) {
        made.reason = to_string(what.why.reason);
    }
    if (what.error) {
        made.error = describe(*what.error).id;
    }
    made.limit_name = what.why.limit_name;
    if (is_limited_in_time(what.why)) {
        made.limit = what.why.limit;
    } else if (what.limit > duration::zero()) {
        made.limit = what.limit;
    }
    made.took = what.took;
    if (what.where == surface::supervisor) {
        made.said = said_by(what);
    }
    made.near_miss = what.ended == outcome::success && ledger::is_near_miss(what);
    if (what.trace.valid()) {
        const auto text = format_trace(what.trace);
        made.trace_id.assign(text.data(), text.size());
    }
    return made;
}

}  // namespace

void notable_ends::watch(bool on) noexcept {
    const std::lock_guard hold{lock_};
    watched_.store(on, std::memory_order_relaxed);
    if (!on) {
        first_ += ends_.size();
        ends_.clear();
    }
}

void notable_ends::heard(const event& what, ledger::wall_time ended) noexcept {
    const bool notable = what.where != surface::policy && !ledger::is_plain_success(what);
    if (!notable || !attentive()) {
        return;
    }
    admin::live_end made = end_of(what);
    made.timestamp = rfc3339(ended);
    const std::lock_guard hold{lock_};
    if (!watched_.load(std::memory_order_relaxed)) {
        return;
    }
    if (ends_.size() == kept) {
        ends_.pop_front();
        ++first_;
    }
    ends_.push_back(std::move(made));
    untold_ = true;
}

void notable_ends::drained(time_point, std::uint64_t) noexcept {
    if (std::exchange(untold_, false)) {
        fresh_.ring();
    }
}

std::uint64_t notable_ends::next() const {
    const std::lock_guard hold{lock_};
    return first_ + ends_.size();
}

notable_ends::page notable_ends::since(std::uint64_t& cursor, std::size_t most) const {
    const std::lock_guard hold{lock_};
    page made;
    made.missed = first_ - std::min(first_, cursor);
    cursor = std::max(cursor, first_);
    const std::uint64_t end = std::min<std::uint64_t>(first_ + ends_.size(), cursor + most);
    for (; cursor < end; ++cursor) {
        made.ends.push_back(ends_[static_cast<std::size_t>(cursor - first_)]);
    }
    return made;
}

}  // namespace curfew::cli
