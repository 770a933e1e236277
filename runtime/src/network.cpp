#include <curfew/runtime/network.hpp>

namespace curfew::runtime {

failure ended_failure(const scope& ended, errc own) noexcept {
    switch (ended.why().kind) {
        case cause_kind::own_timeout:
            return {own, 0};
        case cause_kind::inherited_deadline:
            return {errc::inherited_deadline, 0};
        case cause_kind::shutdown:
            return {errc::shutting_down, 0};
        default:
            return {errc::cancelled, 0};
    }
}

task<result<std::unique_ptr<stream>>> connect(network& through, endpoint to, scope& under) {
    auto begun = through.begin_connect(to);
    if (!begun) {
        co_return std::unexpected{begun.error()};
    }
    (*begun)->ready().clear_writable();
    auto writable = (*begun)->ready().wait_writable(under);
    const auto woken = co_await writable;
    if (woken == wake::ended) {
        (*begun)->abort();
        co_return std::unexpected{ended_failure(under, errc::connect_timeout)};
    }
    if (const auto outcome = (*begun)->connected(); !outcome) {
        co_return std::unexpected{outcome.error()};
    }
    co_return std::move(*begun);
}

}  // namespace curfew::runtime
