// The shop from outside: the real program, raw sockets.
#include <curfew/clients/testing/postgres.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using curfew::scratch::postgres;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view recommendations = "GET /listings/7/recommendations HTTP/1.1\r\n\r\n";
constexpr std::string_view listings = "GET /listings HTTP/1.1\r\n\r\n";

/// A raw client; a read gives up after 5 s and then returns what it has.
class client {
  public:
    explicit client(std::uint16_t port)
        : handle_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{.tv_sec = 5, .tv_usec = 0};
        ::setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        connected_ = ::connect(handle_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }

    client(const client&) = delete;
    client& operator=(const client&) = delete;

    ~client() { ::close(handle_); }

    [[nodiscard]] bool connected() const { return connected_; }

    void send(std::string_view bytes) const {
        EXPECT_EQ(::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
    }

    /// One answer: every body of the shop is JSON and ends with its closing bracket.
    [[nodiscard]] std::string read_answer() const {
        std::string text;
        for (char byte = 0; ::recv(handle_, &byte, 1, 0) == 1;) {
            text += byte;
            const auto head = text.find("\r\n\r\n");
            if (head == std::string::npos) continue;
            const auto digits = text.find("Content-Length: ") + 16;
            std::size_t size = 0;
            std::from_chars(text.data() + digits, text.data() + text.size(), size);
            if (text.size() == head + 4 + size) break;
        }
        return text;
    }

    [[nodiscard]] std::string ask(std::string_view request) const {
        send(request);
        return read_answer();
    }

    /// Whether something can be read within `milliseconds`.
    [[nodiscard]] bool readable_within(int milliseconds) const {
        pollfd waiting{.fd = handle_, .events = POLLIN, .revents = 0};
        return ::poll(&waiting, 1, milliseconds) == 1;
    }

  private:
    int handle_;
    bool connected_ = false;
};

std::uint16_t port_after(std::string_view line, std::string_view name) {
    const auto at = line.find(name);
    const auto digits = line.find(':', at) + 1;
    std::uint16_t port = 0;
    std::from_chars(line.data() + digits, line.data() + line.size(), port);
    return port;
}

class shop : public testing::Test {
  protected:
    virtual const char* program() { return SHOP_PROGRAM; }

    void SetUp() override {
        int ends[2];
        ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        const char* arguments[] = {program(), "--port", "0", "--control", "0", nullptr};
        ASSERT_EQ(
            ::posix_spawn(
                &pid_, arguments[0], &actions, nullptr, const_cast<char**>(arguments), environ
            ),
            0
        );
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        std::string line;
        for (char byte = 0; byte != '\n' && ::read(ends[0], &byte, 1) == 1;)
            line += byte;
        ::close(ends[0]);
        ASSERT_THAT(line, StartsWith("ready http=127.0.0.1:"));
        http_ = port_after(line, "http=");
        control_ = port_after(line, "control=");
    }

    void TearDown() override {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    [[nodiscard]] std::string turn(std::string_view path) const {
        return client{control_}.ask("POST " + std::string{path} + " HTTP/1.1\r\n\r\n");
    }

    [[nodiscard]] std::string status() const {
        return client{control_}.ask("GET /status HTTP/1.1\r\n\r\n");
    }

    /// Polls the control port until `what` is seen, for at most 5 s.
    [[nodiscard]] bool reaches(std::string_view what) const {
        for (int i = 0; i < 500; ++i) {
            if (status().find(what) != std::string::npos) return true;
            ::poll(nullptr, 0, 10);
        }
        return false;
    }

    pid_t pid_ = -1;
    std::uint16_t http_ = 0;
    std::uint16_t control_ = 0;
};

/// What the demo needs of a shop, in whatever language.
class any_shop : public shop, public testing::WithParamInterface<const char*> {
  protected:
    const char* program() override { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(
    programs,
    any_shop,
    testing::Values(SHOP_PROGRAM, SHOP_IN_PYTHON),
    [](const auto& one) { return std::string{one.param}.ends_with(".py") ? "python" : "native"; }
);

TEST_F(shop, serves_its_pages_over_one_connection) {
    const client peer{http_};
    EXPECT_THAT(peer.ask(listings), HasSubstr("\"Lamp\""));
    EXPECT_THAT(peer.ask(recommendations), HasSubstr("\"Desk\""));
    EXPECT_THAT(peer.ask("GET /health HTTP/1.1\r\n\r\n"), HasSubstr("\"ok\""));
    const std::string body = R"({"user":"ada"})";
    const auto head = "POST /login HTTP/1.1\r\nContent-Length: " + std::to_string(body.size());
    EXPECT_THAT(peer.ask(head + "\r\n\r\n" + body), HasSubstr("\"token\""));
}

TEST_F(shop, answers_requests_that_arrive_together) {
    const client peer{http_};
    peer.send(std::string{listings} + std::string{listings});
    EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 200 OK"));
    EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(shop, refuses_what_it_does_not_understand) {
    EXPECT_THAT(client{http_}.ask("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(client{http_}.ask("GET /none HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(client{http_}.ask("GET /login HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405"));
    const std::string_view no_size = "POST /login HTTP/1.1\r\nContent-Length: 9x\r\n\r\n";
    EXPECT_THAT(client{http_}.ask(no_size), StartsWith("HTTP/1.1 400"));
}

TEST_F(shop, idle_connections_hold_no_worker) {
    std::vector<std::unique_ptr<client>> silent;
    for (int i = 0; i < 20; ++i)
        silent.push_back(std::make_unique<client>(http_));
    EXPECT_THAT(client{http_}.ask(listings), StartsWith("HTTP/1.1 200"));
}

TEST_P(any_shop, serves_its_pages) {
    EXPECT_THAT(client{http_}.ask(listings), HasSubstr("\"Lamp\""));
    EXPECT_THAT(client{http_}.ask(recommendations), HasSubstr("\"Desk\""));
    EXPECT_THAT(client{http_}.ask("GET /health HTTP/1.1\r\n\r\n"), HasSubstr("\"ok\""));
    const std::string body = R"({"user":"ada"})";
    const auto head = "POST /login HTTP/1.1\r\nContent-Length: " + std::to_string(body.size());
    EXPECT_THAT(client{http_}.ask(head + "\r\n\r\n" + body), HasSubstr("\"token\""));
    EXPECT_THAT(client{http_}.ask("GET /login HTTP/1.1\r\n\r\n"), HasSubstr(" 405 "));
    EXPECT_THAT(client{http_}.ask("GET /none HTTP/1.1\r\n\r\n"), HasSubstr(" 404 "));
    EXPECT_THAT(status(), HasSubstr("\"pid\":" + std::to_string(pid_)));
}

TEST_P(any_shop, eight_hung_calls_stop_every_page_until_the_hang_ends) {
    EXPECT_THAT(turn("/hang/on"), HasSubstr("\"hanging\":true"));
    std::vector<std::unique_ptr<client>> stuck;
    for (int i = 0; i < 8; ++i) {
        stuck.push_back(std::make_unique<client>(http_));
        stuck.back()->send(recommendations);
    }
    ASSERT_TRUE(reaches("\"stuck\":8"));
    const client other{http_};
    other.send(listings);
    EXPECT_FALSE(other.readable_within(200));

    EXPECT_THAT(turn("/hang/off"), HasSubstr("\"hanging\":false"));
    EXPECT_THAT(other.read_answer(), HasSubstr(" 200 OK"));
    EXPECT_THAT(stuck.front()->read_answer(), HasSubstr(" 200 OK"));
}

TEST_P(any_shop, a_client_that_leaves_frees_no_worker) {
    static_cast<void>(turn("/hang/on"));
    for (int i = 0; i < 8; ++i)
        client{http_}.send(recommendations);
    EXPECT_TRUE(reaches("\"stuck\":8"));
    EXPECT_FALSE([&] {
        const client other{http_};
        other.send(listings);
        return other.readable_within(200);
    }());
}

TEST_P(any_shop, slows_down_leaks_and_crashes_when_told) {
    EXPECT_THAT(turn("/slow/5"), HasSubstr("\"slower_ms\":5"));
    EXPECT_THAT(turn("/leak/1"), HasSubstr(" 200 OK"));
    EXPECT_TRUE(reaches("\"leaked_mib\":1"));
    EXPECT_THAT(turn("/slow/x"), HasSubstr(" 404 Not Found"));
    EXPECT_EQ(turn("/crash"), "");
    int how = 0;
    ASSERT_EQ(::waitpid(pid_, &how, 0), pid_);
    pid_ = -1;
    EXPECT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
    EXPECT_FALSE(client{http_}.connected());
}

TEST_P(any_shop, ends_at_once_when_asked_to_even_while_hung) {
    static_cast<void>(turn("/hang/on"));
    client{http_}.send(recommendations);
    EXPECT_TRUE(reaches("\"stuck\":1"));
    ::kill(pid_, SIGTERM);
    int how = 0;
    ASSERT_EQ(::waitpid(pid_, &how, 0), pid_);
    pid_ = -1;
    EXPECT_TRUE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/// The same with listings of a PostgreSQL.
class shop_with_database : public shop {
  protected:
    void SetUp() override {
        if (postgres::is_missing()) GTEST_SKIP() << "there is no PostgreSQL";
        database_ = postgres::start();
        ASSERT_NE(database_, nullptr);
        before_the_shop();
        ::setenv("SHOP_DATABASE_URL", database_->url().c_str(), 1);
        shop::SetUp();
        ::unsetenv("SHOP_DATABASE_URL");
    }

    virtual void before_the_shop() {}

    std::unique_ptr<postgres> database_;
};

class shop_before_its_database : public shop_with_database {
  protected:
    void before_the_shop() override { database_->stop(); }
};

TEST_F(shop_with_database, lists_what_is_in_its_table_by_bounded_statements) {
    EXPECT_THAT(client{http_}.ask(listings), HasSubstr("\"name\":\"Lamp\""));
    database_->ask("INSERT INTO listing VALUES (9, 'Sofa', 900)");
    EXPECT_THAT(client{http_}.ask(listings), HasSubstr("\"name\":\"Sofa\""));
    EXPECT_GE(database_->connected("shop"), 1);
    database_->freeze();
    const auto answered = client{http_}.ask(listings);
    database_->thaw();
    EXPECT_THAT(answered, StartsWith("HTTP/1.1 50"));
}

TEST_F(shop_before_its_database, serves_what_needs_none_and_lists_when_it_has_come) {
    EXPECT_THAT(client{http_}.ask(listings), StartsWith("HTTP/1.1 50"));
    EXPECT_THAT(client{http_}.ask(recommendations), StartsWith("HTTP/1.1 200"));
    ASSERT_TRUE(database_->run());
    EXPECT_THAT(client{http_}.ask(listings), HasSubstr("\"name\":\"Lamp\""));
}

}  // namespace
