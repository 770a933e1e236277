#pragma once

#include <curfew/core/event.hpp>

#include <cstdint>

namespace curfew::ledger {

/// The last value of each enumeration that is stored: what is read beyond it was never written.
/// packed_event_test holds that none has been added behind it.
template <class T>
inline constexpr T last_value{};
template <>
inline constexpr surface last_value<surface> = surface::policy;
template <>
inline constexpr outcome last_value<outcome> = outcome::ignored;
template <>
inline constexpr cause_kind last_value<cause_kind> = cause_kind::failed;
template <>
inline constexpr shed_reason last_value<shed_reason> = shed_reason::rate;
template <>
inline constexpr errc last_value<errc> = errc::internal;
template <>
inline constexpr stage last_value<stage> = stage::other;

template <class T>
inline constexpr auto last_number = static_cast<std::uint8_t>(last_value<T>);

}  // namespace curfew::ledger
