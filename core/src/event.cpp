#include <curfew/core/event.hpp>

namespace curfew {

std::string_view to_string(surface where) noexcept {
    switch (where) {
        case surface::http:
            return "http";
        case surface::websocket:
            return "websocket";
        case surface::database:
            return "database";
        case surface::cache:
            return "cache";
        case surface::bus:
            return "bus";
        case surface::agent:
            return "agent";
        case surface::command:
            return "command";
        case surface::test:
            return "test";
        case surface::startup:
            return "startup";
        case surface::supervisor:
            return "supervisor";
        case surface::policy:
            return "policy";
    }
    return "http";
}

}  // namespace curfew
