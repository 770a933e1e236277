#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <array>

namespace curfew::policy {

namespace {

constexpr std::size_t length_max = 64;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    a = a.substr(0, length_max);
    b = b.substr(0, length_max);
    using row = std::array<std::size_t, length_max + 1>;
    row two_back{};
    row back{};
    row now{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        back[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = back[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = std::min({back[j] + 1, now[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = std::min(now[j], two_back[j - 2] + 1);
            }
        }
        two_back = back;
        back = now;
    }
    return back[b.size()];
}

std::optional<std::string_view> closest(
    std::string_view word, std::span<const std::string_view> candidates
) {
    const auto far = std::max<std::size_t>(1, std::min(word.size(), length_max) / 3);
    std::optional<std::string_view> best;
    std::size_t best_distance = far + 1;
    for (const auto candidate : candidates) {
        if (const auto distance = edit_distance(word, candidate); distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace curfew::policy
