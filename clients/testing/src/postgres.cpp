#include <curfew/clients/pg/drive.hpp>
#include <curfew/clients/testing/postgres.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace curfew::scratch {
namespace {

using namespace std::chrono_literals;
namespace files = std::filesystem;

constexpr duration patience = 30s;

/// Of the newest version that is there; empty if there is none.
std::string programs() {
    std::string newest;
    std::error_code ignored;
    for (const auto& each : files::directory_iterator{"/usr/lib/postgresql", ignored}) {
        const auto bin = (each.path() / "bin").string();
        if (files::exists(bin + "/initdb") && bin > newest) newest = bin;
    }
    return newest;
}

const passwd* unprivileged() {
    return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
}

std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(socket, reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
    ::close(socket);
    return ntohs(at.sin_port);
}

[[noreturn]] void become(
    std::vector<std::string> arguments, const std::string& folder, const passwd* who
) {
    if (who != nullptr &&
        (::setgroups(0, nullptr) != 0 || ::setgid(who->pw_gid) != 0 || ::setuid(who->pw_uid) != 0))
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    const int log = ::open((folder + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(nothing, 0);
    ::dup2(log, 1);
    ::dup2(log, 2);
    std::vector<char*> words;
    for (auto& each : arguments)
        words.push_back(each.data());
    words.push_back(nullptr);
    if (::chdir(folder.c_str()) == 0) ::execv(words[0], words.data());
    ::_exit(127);
}

pid_t launch(const std::vector<std::string>& arguments, const std::string& folder) {
    const auto* who = unprivileged();
    const pid_t child = ::fork();
    if (child == 0) become(arguments, folder, who);
    return child;
}

std::string escaped(const std::string& text) {
    std::string made;
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0) {
            made += c;
        } else {
            made += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return made;
}

pg::answer<pg::rows> try_to_ask(const std::string& url, const std::string& statement) {
    const steady_clock time;
    const auto until = deadline::after(time.now(), patience);
    const auto where = pg::target::parse(url);
    if (!where) return std::unexpected{where.error()};
    auto made = pg::session::connect(*where, {}, {.application_name = "curfew-test"});
    if (!made) return std::unexpected{made.error()};
    if (auto connected = pg::drive(*made, until, time); !connected)
        return std::unexpected{connected.error()};
    made->send_script(statement);
    if (auto answered = pg::drive(*made, until, time); !answered)
        return std::unexpected{answered.error()};
    return made->take_rows();
}

}  // namespace

bool postgres::is_missing() {
    return programs().empty() || (::geteuid() == 0 && unprivileged() == nullptr);
}

std::unique_ptr<postgres> postgres::start(const postgres_options& how) {
    std::unique_ptr<postgres> made{new postgres};
    made->how_ = how;
    made->folder_ = (files::temp_directory_path() / "curfew-postgres-XXXXXX").string();
    if (::mkdtemp(made->folder_.data()) == nullptr || !made->initialise()) return nullptr;
    for (int tries = 0; tries < 3; ++tries) {
        made->port_ = free_port();
        if (made->run()) return made;
    }
    std::ifstream log{made->folder_ + "/log"};
    std::fprintf(stderr, "%s\n", (std::ostringstream{} << log.rdbuf()).str().c_str());
    return nullptr;
}

bool postgres::initialise() {
    const auto* who = unprivileged();
    if (who != nullptr && ::chown(folder_.c_str(), who->pw_uid, who->pw_gid) != 0) return false;
    std::vector<std::string> words{
        programs() + "/initdb",
        "-D",
        folder_ + "/data",
        "-U",
        "test",
        "-N",
        "-E",
        "UTF8",
        "--locale=C",
        "-A",
        how_.password.empty() ? "trust" : "scram-sha-256",
    };
    if (!how_.password.empty()) {
        const auto file = folder_ + "/password";
        std::ofstream{file} << how_.password << '\n';
        files::permissions(file, files::perms::all);
        words.push_back("--pwfile=" + file);
    }
    int status = -1;
    ::waitpid(launch(words, folder_), &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool postgres::run() {
    server_ = launch(
        {programs() + "/postgres",
         "-D",
         folder_ + "/data",
         "-p",
         std::to_string(port_),
         "-k",
         folder_,
         "-F",
         "-c",
         "listen_addresses=127.0.0.1",
         "-c",
         "shared_buffers=8MB",
         "-c",
         "max_connections=" + std::to_string(how_.connections_max)},
        folder_
    );
    const steady_clock time;
    const auto until = deadline::after(time.now(), patience);
    while (!until.expired(time.now())) {
        if (try_to_ask(url(), "SELECT 1")) return true;
        int status = 0;
        if (::waitpid(server_, &status, WNOHANG) == server_) {
            server_ = -1;
            return false;
        }
        ::poll(nullptr, 0, 10);
    }
    return false;
}

postgres::~postgres() {
    stop();
    std::error_code ignored;
    files::remove_all(folder_, ignored);
}

void postgres::stop() {
    if (server_ <= 0) return;
    const auto all = processes();
    ::kill(server_, SIGQUIT);
    thaw();
    int status = 0;
    ::waitpid(server_, &status, 0);
    for (const pid_t each : all)
        for (int looks = 0; looks < 500 && ::kill(each, 0) == 0; ++looks)
            ::poll(nullptr, 0, 10);
    server_ = -1;
}

std::string postgres::url() const {
    return url("test", how_.password);
}

std::string postgres::url(const std::string& user, const std::string& password) const {
    const auto who = password.empty() ? user : user + ':' + escaped(password);
    return "postgresql://" + who + "@127.0.0.1:" + std::to_string(port_) + "/postgres";
}

std::string postgres::local_words() const {
    return "host=" + folder_ + " port=" + std::to_string(port_) + " user=test dbname=postgres";
}

pg::rows postgres::ask(const std::string& statement) const {
    auto answered = try_to_ask(url(), statement);
    if (answered) return std::move(*answered);
    std::fprintf(stderr, "PostgreSQL does not answer: %s\n", answered.error().message.c_str());
    std::abort();
}

long postgres::number(const std::string& statement) const {
    const auto found = ask(statement);
    const auto text = found.empty() ? std::string_view{} : found.at(0, 0).value_or("");
    long value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

long postgres::active() const {
    return number(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
        "backend_type = 'client backend' AND pid <> pg_backend_pid()"
    );
}

long postgres::connected(const std::string& application) const {
    return number(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + application + "'"
    );
}

std::vector<pid_t> postgres::processes() const {
    std::vector<pid_t> all{server_};
    const auto id = std::to_string(server_);
    std::ifstream children{"/proc/" + id + "/task/" + id + "/children"};
    for (pid_t each = 0; children >> each;)
        all.push_back(each);
    return all;
}

void postgres::freeze() const {
    for (const pid_t each : processes())
        ::kill(each, SIGSTOP);
}

void postgres::thaw() const {
    for (const pid_t each : processes())
        ::kill(each, SIGCONT);
}

}  // namespace curfew::scratch
