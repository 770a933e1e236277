#pragma once

#include <curfew/core/event.hpp>

#include <cstdint>

namespace curfew::ledger {

/// The last enumerator: what is read from a file or a ring is held against it.
template <class T>
inline constexpr T last_of{};
template <>
inline constexpr surface last_of<surface> = surface::policy;
template <>
inline constexpr outcome last_of<outcome> = outcome::ignored;
template <>
inline constexpr cause_kind last_of<cause_kind> = cause_kind::rejected;
template <>
inline constexpr shed_reason last_of<shed_reason> = shed_reason::rate;
template <>
inline constexpr errc last_of<errc> = errc::internal;
template <>
inline constexpr stage last_of<stage> = stage::other;

}  // namespace curfew::ledger
