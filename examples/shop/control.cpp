#include "control.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace shop {
namespace {

/// The number N of "/name/N", if there is one.
std::optional<unsigned> number_after(std::string_view path, std::string_view name) {
    if (!path.starts_with(name)) {
        return std::nullopt;
    }
    const auto digits = path.substr(name.size());
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    return whole ? std::optional{value} : std::nullopt;
}

}  // namespace

control::control(int listener, dependency& engine, leak& growth)
    : listener_{listener}, engine_{engine}, growth_{growth}, thread_{[this] { serve(); }} {}

void control::serve() {
    for (;;) {
        const int handle = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (handle < 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
            continue;
        }
        const timeval patience{.tv_sec = 1, .tv_usec = 0};
        ::setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        connection peer{handle};
        if (const auto asked = peer.read_request()) {
            peer.write_response(turn(*asked), false);
        }
    }
}

response control::turn(const request& asked) {
    if (asked.path == "/status") {
        return status();
    }
    if (asked.method != "POST") {
        return {405, R"({"error":"POST only"})"};
    }
    if (asked.path == "/crash") {
        std::abort();
    }
    if (asked.path == "/hang/on" || asked.path == "/hang/off") {
        engine_.hang(asked.path == "/hang/on");
        return status();
    }
    if (const auto by = number_after(asked.path, "/slow/")) {
        engine_.slow_down(std::chrono::milliseconds{*by});
        return status();
    }
    if (const auto rate = number_after(asked.path, "/leak/")) {
        growth_.set_rate(*rate);
        return status();
    }
    return {404, R"({"error":"no such switch"})"};
}

response control::status() const {
    const auto engine = engine_.look();
    std::string body = R"({"pid":)" + std::to_string(::getpid());
    body += R"(,"hanging":)";
    body += engine.hanging ? "true" : "false";
    body += R"(,"slower_ms":)" + std::to_string(engine.slower.count());
    body += R"(,"calls":)" + std::to_string(engine.calls);
    body += R"(,"stuck":)" + std::to_string(engine.stuck);
    body += R"(,"trapped":)" + std::to_string(engine.trapped);
    body += R"(,"leaked_mib":)" + std::to_string(growth_.leaked_mebibytes()) + "}";
    return {200, std::move(body)};
}

}  // namespace shop
