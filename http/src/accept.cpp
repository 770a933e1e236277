#include <curfew/http/accept.hpp>
#include <curfew/runtime/sleep.hpp>

namespace curfew::http {

namespace {

runtime::task<> counted(runtime::task<> serving, accept_numbers& numbers) {
    ++numbers.open;
    co_await serving;
    --numbers.open;
}

}  // namespace

runtime::task<> accept_connections(
    runtime::listener& from,
    runtime::scope& under,
    runtime::scope& connections,
    runtime::task_group& into,
    std::size_t connections_max,
    const connection_handler& serve,
    accept_numbers& numbers
) {
    constexpr auto pause = std::chrono::milliseconds{50};
    while (!under.ended()) {
        if (numbers.open >= connections_max) {
            runtime::sleep_until until{under, add_saturated(under.on().now(), pause)};
            co_await until;
            continue;
        }
        auto accepted = from.try_accept();
        if (!accepted) {
            ++numbers.shortages;
            runtime::sleep_until until{under, add_saturated(under.on().now(), pause)};
            co_await until;
            continue;
        }
        if (*accepted == nullptr) {
            auto readable = from.ready().wait_readable(under);
            co_await readable;
            continue;
        }
        ++numbers.accepted;
        into.spawn(counted(serve(std::move(*accepted), connections), numbers));
    }
}

}  // namespace curfew::http
