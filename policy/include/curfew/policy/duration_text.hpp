#pragma once

#include <curfew/core/clock.hpp>

#include <expected>
#include <string>
#include <string_view>

namespace curfew::policy {

/// A sentence without a full stop that says what is wrong with a text, and a hint that may be
/// empty.
struct text_problem {
    std::string sentence;
    std::string hint;
};

/// Reads a duration: whole numbers with the units h, m, s, ms, us, ns, largest first, each at most
/// once and nothing between them: "250ms", "5s", "2m", "1h30m", "0s". Strict: no sign, no bare
/// number, no fraction, no space, nothing longer than the timeline holds (about 292 years).
[[nodiscard]] std::expected<duration, text_problem> parse_duration(std::string_view text);

/// The shortest form that parse_duration reads back as the same value: "75s", "2m", "1h1m1s". A
/// negative duration is the caller's bug.
[[nodiscard]] std::string format_duration(duration value);

/// As a sentence for people tells it: what has seconds and a part of one is "1.7 s", exact to the
/// millisecond; all else as format_duration writes it.
[[nodiscard]] std::string duration_figure(duration value);

}  // namespace curfew::policy
