#include "catalogue.hpp"
#include "control.hpp"
#include "dependency.hpp"
#include "http.hpp"
#include "leak.hpp"
#include "server.hpp"

#include <sys/resource.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

struct options {
    std::uint16_t port = 8000;
    std::uint16_t control = 0;
    std::string database;
};

[[noreturn]] void explain_and_leave() {
    std::fputs(
        "usage: shop [--port N] [--control N] [--database URL]\n"
        "0 picks a free port; SHOP_DATABASE_URL is a database too\n",
        stderr
    );
    std::exit(2);
}

options read_options(int count, char** arguments) {
    options chosen;
    if (const char* url = std::getenv("SHOP_DATABASE_URL"); url != nullptr) chosen.database = url;
    for (int i = 1; i < count; i += 2) {
        const std::string_view name = arguments[i];
        const std::string_view text = i + 1 < count ? arguments[i + 1] : "";
        if (name == "--database" && i + 1 < count) {
            chosen.database = text;
            continue;
        }
        std::uint16_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) {
            explain_and_leave();
        }
        if (name == "--port") {
            chosen.port = value;
        } else if (name == "--control") {
            chosen.control = value;
        } else {
            explain_and_leave();
        }
    }
    return chosen;
}

void allow_many_connections() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int main(int count, char** arguments) {
    const auto chosen = read_options(count, arguments);
    allow_many_connections();

    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &end, nullptr);

    shop::catalogue goods{chosen.database};
    const int http = shop::listen_on(chosen.port);
    const int switches = shop::listen_on(chosen.control);
    shop::dependency engine;
    shop::leak growth;
    const shop::control control{switches, engine, growth};
    const shop::server server{http, engine, goods};

    const auto addresses =
        "http=" + shop::address_of(http) + " control=" + shop::address_of(switches);
    std::printf("ready %s\n", addresses.c_str());
    std::fflush(stdout);

    int signal = 0;
    ::sigwait(&end, &signal);
    std::_Exit(0);  // its workers may be waiting for ever
}
