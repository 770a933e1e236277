#pragma once

#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/endpoint.hpp>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace curfew::runtime::real {

/// A DNS server on a free port of 127.0.0.1, UDP and TCP, on a thread of its own. What it does with
/// a question is told by the name's first label:
///
///     plain     A 192.0.2.1, AAAA 2001:db8::1
///     four      A only; no AAAA records
///     large     UDP: truncated. TCP: 40 addresses of the family asked for
///     dribble   as large, a byte a packet over TCP
///     cut       UDP: truncated. TCP: closed without an answer
///     crowd     UDP: 28 addresses of the family asked for
///     absent    NXDOMAIN
///     broken    SERVFAIL
///     garbage   bytes that are no DNS message, then the truth
///     stranger  an answer to a question that nobody asked, then the truth
///     lossy     the first question of a family is lost, the next one answered
///     held      answered once release() was called
///     silent    never answered
///
/// Thread rule: any thread.
class dns_server {
  public:
    dns_server();
    dns_server(const dns_server&) = delete;
    dns_server& operator=(const dns_server&) = delete;
    ~dns_server();

    [[nodiscard]] endpoint at() const noexcept { return at_; }

    /// Answers what is held, and does not hold any more.
    void release();

    /// How many questions came for `name` (with its final dot), over UDP and TCP.
    [[nodiscard]] int questions(const std::string& name) const;

    /// Blocks until `count` questions came for `name`.
    void await_questions(const std::string& name, int count) const;

  private:
    using bytes = std::vector<std::uint8_t>;

    struct question {
        std::string name;
        std::uint16_t type = 0;
        std::span<const std::uint8_t> head;     ///< 12 bytes
        std::span<const std::uint8_t> section;  ///< the question, as it came
    };

    struct held_answer {
        endpoint to;
        bytes text;
    };

    void run();
    void hear_udp();
    void hear_tcp();
    void let_go();
    [[nodiscard]] std::optional<question> heard(std::span<const std::uint8_t> text);
    void answer_udp(const question& asked, const endpoint& to);
    void send_udp(const bytes& text, const endpoint& to);

    descriptor udp_;
    descriptor tcp_;
    descriptor told_;  ///< an eventfd: stop, or release
    endpoint at_;
    bool released_ = false;
    std::vector<held_answer> held_;
    std::map<std::string, bool> lost_;
    mutable std::mutex lock_;
    mutable std::condition_variable heard_one_;
    std::map<std::string, int> questions_;  ///< under lock_
    bool stopping_ = false;                 ///< under lock_
    std::thread thread_;
};

}  // namespace curfew::runtime::real
