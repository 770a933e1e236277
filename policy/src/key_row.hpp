#pragma once

#include "key.hpp"

#include <chrono>
#include <cstdint>

/// What a row of the table of keys is written with: its range, and where its value is.
namespace curfew::policy::row {

using namespace std::chrono_literals;

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr std::uint64_t gib = 1024 * mib;

constexpr range times(duration low, duration high) {
    return between<duration>{low, high};
}

constexpr range sizes(std::uint64_t low, std::uint64_t high) {
    return between<std::uint64_t>{low, high};
}

constexpr range counts(std::uint32_t low, std::uint32_t high) {
    return between<std::uint32_t>{low, high};
}

constexpr range fractions(double low, double high) {
    return between<double>{low, high};
}

constexpr range anything{};

template <auto Section, auto Member>
slot in(const record& of) {
    return slot_of(of.root->*Section.*Member);
}

template <auto Records, auto Member>
slot each(const record& of) {
    return slot_of((of.root->*Records)[of.index].*Member);
}

template <auto Member>
slot limits(const record& of) {
    return slot_of(of.root->routes[of.index].limits.*Member);
}

template <auto Member>
slot route_breaker(const record& of) {
    return slot_of(of.root->routes[of.index].limits.breaker.*Member);
}

template <auto Member>
constexpr auto upstream = each<&policy::upstreams, Member>;
template <auto Member>
constexpr auto route = each<&policy::routes, Member>;
template <auto Member>
constexpr auto alert = each<&policy::alerts, Member>;
template <auto Member>
constexpr auto sink = each<&policy::sinks, Member>;
template <auto Member>
constexpr auto signal = each<&policy::signals, Member>;
template <auto Member>
constexpr auto check = each<&policy::checks, Member>;

template <auto Member>
constexpr auto kind = each<&policy::kinds, Member>;

template <auto Member>
constexpr auto server = in<&policy::server, Member>;
template <auto Member>
constexpr auto request = in<&policy::request, Member>;
template <auto Member>
constexpr auto http = in<&policy::http, Member>;
template <auto Member>
constexpr auto gateway = in<&policy::gateway, Member>;
template <auto Member>
constexpr auto limiter = in<&policy::limiter, Member>;
template <auto Member>
constexpr auto breaker = in<&policy::breaker, Member>;
template <auto Member>
constexpr auto backend = in<&policy::backend, Member>;
template <auto Member>
constexpr auto access_log = in<&policy::access_log, Member>;
template <auto Member>
constexpr auto ledger = in<&policy::ledger, Member>;
template <auto Member>
constexpr auto database = in<&policy::database, Member>;
template <auto Member>
constexpr auto pressure = in<&policy::pressure, Member>;

template <auto Member>
constexpr auto startup = in<&policy::startup, Member>;

}  // namespace curfew::policy::row
