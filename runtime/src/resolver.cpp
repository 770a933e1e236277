#include "name_lookup.hpp"
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/resolver.hpp>

#include <algorithm>
#include <cerrno>

namespace curfew::runtime {

resolver::resolver(loop& on, name_servers servers) : loop_{on}, servers_{std::move(servers)} {}

resolver::~resolver() = default;

task<result<std::vector<endpoint>>> resolver::resolve(
    std::string host, std::uint16_t port, scope& under
) {
    if (const auto numeric = endpoint::of(host, port)) {
        co_return std::vector{*numeric};
    }
    if (under.ended()) {
        co_return std::unexpected{ended_failure(under, errc::resolve_timeout)};
    }
    const auto looking = lookup_of(host, port);
    if (!looking) {
        co_return std::unexpected{looking.error()};
    }
    name_lookup::asker self;
    (*looking)->join(self);
    auto answered = self.done.wait(under);
    const auto woken = co_await answered;
    if (woken == wake::ended) {
        co_return std::unexpected{ended_failure(under, errc::resolve_timeout)};
    }
    co_return (*looking)->answer();
}

result<std::shared_ptr<name_lookup>> resolver::lookup_of(
    const std::string& host, std::uint16_t port
) {
    std::erase_if(under_way_, [](const std::weak_ptr<name_lookup>& each) {
        const auto held = each.lock();
        return held == nullptr || held->answered();
    });
    for (const auto& each : under_way_) {
        if (auto held = each.lock(); held->is_for(host, port)) {
            return held;
        }
    }
    if (under_way_.size() >= lookups_max) {
        return fail(errc::local_resource, EAGAIN);
    }
    auto begun = std::make_shared<name_lookup>(loop_, host, port, servers_);
    if (!begun->answered()) {
        under_way_.push_back(begun);
    }
    return begun;
}

}  // namespace curfew::runtime
