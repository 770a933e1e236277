#include <curfew/gateway/live_requests.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace curfew::gateway {

namespace {

bool comes_first(const live_request& a, const live_request& b) noexcept {
    const auto place = [](const live_request& of) {
        return std::tuple{of.abandoned, !of.left, of.left.value_or(duration::zero()), -of.age};
    };
    return place(a) < place(b);
}

}  // namespace

void live_requests::add(live_request&& one) noexcept {
    ++count_;
    if (kept_.size() == most_) {
        if (most_ == 0 || !comes_first(one, kept_.back())) {
            return;
        }
        kept_.pop_back();
    }
    const auto before = std::ranges::upper_bound(kept_, one, comes_first);
    kept_.insert(before, std::move(one));
}

}  // namespace curfew::gateway
