#include "local_checks.hpp"
#include "network_checks.hpp"
#include "postgres_check.hpp"
#include <curfew/core/expects.hpp>

namespace curfew::preflight {

std::unique_ptr<check> make_check(const instruments& with, const policy::check_policy& rules) {
    switch (rules.type) {
        case check_type::tcp:
            return std::make_unique<tcp_check>(with, rules);
        case check_type::tls:
            return std::make_unique<tls_check>(with, rules);
        case check_type::http:
            return std::make_unique<http_check>(with, rules);
        case check_type::postgres:
            return std::make_unique<postgres_check>(with, rules);
        case check_type::redis:
            return std::make_unique<redis_check>(with, rules);
        case check_type::nats:
            return std::make_unique<nats_check>(with, rules);
        case check_type::command:
            return std::make_unique<command_check>(with, rules);
        case check_type::disk:
            return std::make_unique<disk_check>(rules);
        case check_type::memory:
            return std::make_unique<memory_check>(rules);
        case check_type::clock:
            return std::make_unique<clock_check>();
        case check_type::none:
            break;
    }
    expects(false, "the policy was validated");
    return nullptr;
}

}  // namespace curfew::preflight
