#include "programs.hpp"

#include <curfew/process/stop.hpp>

#include <poll.h>
#include <unistd.h>

#include <filesystem>

namespace curfew::demo {
namespace {

constexpr duration ready_limit = std::chrono::seconds{15};

/// Waits until `handle` is readable; false at `until`.
bool readable(int handle, deadline until) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until.left(steady_clock{}.now()));
    pollfd waiting{.fd = handle, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(left.count())) > 0;
}

}  // namespace

result<program> program::start(
    std::vector<std::string> arguments, const std::string& directory, bool verbose
) {
    process::command what;
    what.arguments = std::move(arguments);
    what.environment = {{"XDG_STATE_HOME", directory}};  // nothing of the demo enters the ledger
    what.directory = directory;
    what.standard_output = process::output::capture;
    what.standard_error = verbose ? process::output::inherit : process::output::discard;
    auto started = process::system_host{}.spawn(what);
    if (!started) {
        return std::unexpected{started.error()};
    }
    return program{std::move(*started)};
}

result<std::string> program::ready_line() {
    const int from = unit_->standard_output();
    const auto until = deadline::after(steady_clock{}.now(), ready_limit);
    std::string line;
    while (readable(from, until)) {
        char byte = 0;
        if (::read(from, &byte, 1) != 1) {
            return fail(errc::upstream_closed);
        }
        if (byte != '\n') {
            line += byte;
        } else if (line.starts_with("ready http=")) {
            return line;
        } else {
            line.clear();
        }
    }
    return fail(errc::own_timeout);
}

void program::stop() {
    static_cast<void>(process::stop_and_wait(*unit_, {}, steady_clock{}));
    unit_.reset();
    process::reap_children();
}

result<runtime::endpoint> address_in(std::string_view line, std::string_view name) {
    const auto at = line.find(name);
    if (at == line.npos) {
        return fail(errc::bad_request);
    }
    const auto text = line.substr(at + name.size());
    return runtime::endpoint::parse(text.substr(0, text.find(' ')));
}

std::string find_shop(const std::string& wished) {
    namespace fs = std::filesystem;
    if (!wished.empty()) {
        return fs::exists(wished) ? fs::absolute(wished).string() : "";
    }
    std::error_code ignored;
    const auto here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    for (const char* place :
         {"shop", "../libexec/curfew/shop", "examples/shop/shop", "../examples/shop/shop"}) {
        const auto candidate = (here / place).lexically_normal();
        if (fs::is_regular_file(candidate, ignored)) {
            return candidate.string();
        }
    }
    return "";
}

}  // namespace curfew::demo
