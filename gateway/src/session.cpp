#include "session.hpp"

#include "exchange.hpp"
#include <curfew/protocol/http1_path.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>

namespace curfew::gateway {

using runtime::io;

namespace {

policy::network::bytes address_bytes(const runtime::endpoint& of) noexcept {
    policy::network::bytes bytes{};
    if (of.family() == AF_INET6) {
        const auto* six = reinterpret_cast<const sockaddr_in6*>(of.address());
        std::copy_n(six->sin6_addr.s6_addr, bytes.size(), bytes.begin());
    } else {
        const auto* four = reinterpret_cast<const sockaddr_in*>(of.address());
        bytes[10] = bytes[11] = 0xff;
        std::memcpy(&bytes[12], &four->sin_addr, 4);
    }
    return bytes;
}

/// The limit that a reader of this pace is over, if it is.
std::optional<cause> too_slow(const reading_pace& pace, const policy::http_policy& rules) noexcept {
    if (!rules.body_rate || *rules.body_rate == 0) {
        return std::nullopt;
    }
    const duration enough = rules.write_idle + std::chrono::seconds{pace.bytes / *rules.body_rate};
    if (pace.waited <= enough) {
        return std::nullopt;
    }
    return cause{cause_kind::own_timeout, shed_reason::none, "http.body_rate", enough};
}

void break_off(client_side& whom, const cause& why) noexcept {
    whom.broken = true;
    whom.keep_alive = false;
    whom.broken_by = why;
}

/// One connection: request after request.
class session {
  public:
    session(std::unique_ptr<runtime::stream> connection, worker_state& at)
        : at_{at},
          client_{std::move(connection), at},
          heads_{*client_.stream, client_.input, at.heads, at.on.now(), &at.resting} {}

    runtime::task<> run() {
        for (;;) {
            auto arriving =
                at_.arrivals.ended() ? last_head() : heads_.next(at_.arrivals, at_.connections);
            const auto head = co_await arriving;
            if (head == http::head_end::idle) {
                co_return;
            }
            client_.under = at_.current;
            if (head != http::head_end::whole) {
                auto refusing = refuse_head(head);
                co_await refusing;
                break;
            }
            auto serving = serve();
            co_await serving;
            client_.under.reset();
            if (!client_.keep_alive || client_.broken) {
                break;
            }
        }
        if (!client_.broken && !at_.connections.ended()) {
            auto ending = http::linger(*client_.stream, at_.connections, at_.resting);
            co_await ending;
        }
    }

  private:
    // Out of line: what is inlined here has its frame in that of the connection, idle or not.

    /// The worker drains, and an answer that began before has promised that there may be another:
    /// for a moment, as others at rest have it.
    [[gnu::noinline]] runtime::task<http::head_end> last_head() {
        const auto limit = bound::after(at_.on.now(), at_.closing->moment(), "server.drain");
        runtime::scope resting{at_.connections, limit};
        auto arriving = heads_.next(resting, at_.connections);
        const auto head = co_await arriving;
        co_return head;
    }

    [[gnu::noinline]] runtime::task<> refuse_head(http::head_end ended) {
        errc code = errc::cancelled;
        cause why{cause_kind::cancelled};
        if (ended == http::head_end::broken) {
            code = heads_.parser().error();
            why = rejection_by(heads_.parser().why(), client_.under->rules().http);
        } else if (ended == http::head_end::slow) {
            code = errc::client_too_slow;
            why = heads_.limit().expired_cause();
        } else if (ended == http::head_end::stopped) {
            code = errc::shutting_down;
            why = at_.connections.why();
        } else {
            client_.broken = true;
        }
        auto refusing = refuse(code, why);
        co_await refusing;
    }

    /// The one end of what never became a request of a route: counted, told, and answered if there
    /// is still somebody.
    /// `of`: its head, if it became whole.
    [[gnu::noinline]] runtime::task<> refuse(
        errc code, cause why, const http1::request_head* of = nullptr
    ) {
        ++at_.bad_requests;
        client_.keep_alive = false;
        budget spent{heads_.begun(), {}};
        spent.close(at_.on.now());
        refusal what;
        what.code = code;
        what.why = why;
        what.account = &spent.account();
        what.trace = at_.traces.begin();
        what.head_only = of != nullptr && of->method == http1::method_id::head;
        event told;
        told.name = "request";
        told.ended = outcome_by_client(why);
        told.why = why;
        told.error = code;
        told.started = heads_.begun();
        told.took = at_.on.now() - heads_.begun();
        told.account = spent.account();
        told.trace = what.trace;
        std::array<char, 8> digits{};
        const int status = client_.broken ? 0 : describe(code).http_status;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), status).ptr;
        const std::array attributes{
            event::attribute{
                "status", {digits.data(), static_cast<std::size_t>(end - digits.data())}
            },
            event::attribute{"client", client_.from.text()},
        };
        told.attributes = attributes;
        const std::uint64_t sent_before = client_.sent;
        if (!client_.broken) {
            auto sending = send_refusal(client_, what, at_);
            co_await sending;
        }
        request_facts facts;
        facts.bytes_out = client_.sent - sent_before;
        if (of != nullptr) {
            facts.bytes_in = heads_.parser().consumed();
            facts.method = of->method_name;
            facts.host = of->host;
            facts.path = of->path;
        }
        told.request = keeps_access_log(at_) ? &facts : nullptr;
        at_.events.record(told);
    }

    [[gnu::noinline]] runtime::task<> serve() {
        http1::request_head head = heads_.parser().head();
        const std::string& health_path = client_.under->rules().server.health_path;
        if (!health_path.empty() && head.path == health_path) {
            auto answering = answer_health(head);
            co_await answering;
            co_return;
        }
        if (read_max_forwards(head) == 0U) {
            auto ending = answer_last_hop(head);
            co_await ending;
            co_return;
        }
        http::block normal;
        if (!http1::is_normal_path(head.path) && head.form != http1::target_form::asterisk) {
            normal = http::block{head.path.size()};
            const auto path = http1::normalise_path(head.path, normal.room());
            if (!path) {
                const cause why = rejection_by(path.error(), client_.under->rules().http);
                auto refusing = refuse(http1::request_error(path.error()), why, &head);
                co_await refusing;
                co_return;
            }
            head.path = *path;
        }
        const auto match = client_.under->routes().find(head.method, head.host, head.path);
        if (!match) {
            auto refusing = refuse(match.error().code, rejection, &head);
            co_await refusing;
            co_return;
        }
        exchange one{at_, client_, head, heads_.parser().consumed(), *match, heads_.begun()};
        auto running = one.run();
        co_await running;
        at_.used.pass();
    }

    /// The request ends here by its own wish (RFC 9110, 7.6.2).
    [[gnu::noinline]] runtime::task<> answer_last_hop(http1::request_head head) {
        if (head.method != http1::method_id::options) {
            cause why = rejection;
            why.detail = "Max-Forwards is 0, and TRACE is not answered here";
            auto refusing = refuse(errc::method_not_implemented, why, &head);
            co_await refusing;
            co_return;
        }
        client_.keep_alive = head.keep_alive && head.body.empty() && at_.keeps_alive();
        client_.input.consume(heads_.parser().consumed());
        std::array<char, 256> room;
        http1::wire_writer out{room};
        out.status_line(204);
        out.field_line(http1::field_id::date, at_.date.text(at_.on.now()));
        if (!client_.keep_alive) {
            out.field_line(http1::field_id::connection, "close");
        }
        out.end_head();
        std::array parts{http::part(out.written())};
        auto sending = send_to_client(client_, parts, at_);
        co_await sending;
    }

    [[gnu::noinline]] runtime::task<> answer_health(http1::request_head head) {
        const bool bodyless = head.method == http1::method_id::head;
        if (!bodyless && head.method != http1::method_id::get) {
            auto refusing = refuse(errc::method_not_implemented, rejection, &head);
            co_await refusing;
            co_return;
        }
        auto answering = at_.shared.health(at_.connections);
        const auto page = co_await answering;
        const http::response& reply = *page;
        client_.keep_alive = head.keep_alive && head.body.empty() && at_.keeps_alive();
        client_.input.consume(heads_.parser().consumed());
        std::array<char, 512> room;
        http1::wire_writer out{room};
        out.status_line(reply.status);
        out.field_line(http1::field_id::date, at_.date.text(at_.on.now()));
        out.field_line(http1::field_id::content_type, reply.content_type);
        out.field_line(http1::field_id::content_length, reply.body.size());
        out.field_line(http1::field_id::cache_control, "no-store");
        if (!client_.keep_alive) {
            out.field_line(http1::field_id::connection, "close");
        }
        out.end_head();
        std::array parts{
            http::part(out.written()),
            http::part(bodyless ? std::string_view{} : std::string_view{reply.body}),
        };
        auto sending = send_to_client(client_, parts, at_);
        co_await sending;
    }

    worker_state& at_;
    client_side client_;
    http::request_reader heads_;
};

}  // namespace

client_side::client_side(std::unique_ptr<runtime::stream> connection, worker_state& at)
    : stream{std::move(connection)},
      from{address_bytes(stream->peer()), at.current->rules().server.trusted_proxies} {}

runtime::task<bool> send_to_client(
    client_side& to, std::span<iovec> parts, worker_state& at, reading_pace* pace
) {
    const policy::http_policy& rules = to.under->rules().http;
    std::size_t written = http::write_at_once(*to.stream, parts);
    for (;;) {
        to.sent += written;
        if (pace != nullptr) {
            pace->bytes += written;
            if (const auto limit = too_slow(*pace, rules)) {
                break_off(to, *limit);
                co_return false;
            }
        }
        if (parts.empty()) {
            co_return true;
        }
        const time_point since = at.on.now();
        const std::size_t unacknowledged = to.stream->unacknowledged();
        const bound own = bound::after(since, rules.write_idle, "http.write_idle");
        runtime::scope writing{at.connections, own};
        auto sending = http::write_some(*to.stream, parts, writing);
        const auto sent = co_await sending;
        written = sent.bytes;
        // The kernel tells of room only when much of its buffer is free; a slow reader takes long.
        const bool takes = sent.status == io::would_block && writing.why() == own.expired_cause() &&
                           to.stream->unacknowledged() < unacknowledged;
        if (sent.status != io::ok && !takes) {
            break_off(to, sent.status == io::would_block ? writing.why() : to.broken_by);
            co_return false;
        }
        if (pace != nullptr) {
            pace->waited += at.on.now() - since;
        }
    }
}

runtime::task<> send_refusal(client_side& to, refusal what, worker_state& at) {
    http::block room{refusal_bytes};
    what.keep_alive = to.keep_alive;
    what.date = at.date.text(at.on.now());
    what.dice = at.traces.begin().span;
    const auto text = render_refusal(what, room.room().first<refusal_bytes>());
    std::array parts{http::part(text)};
    auto sending = send_to_client(to, parts, at);
    co_await sending;
}

runtime::task<> serve_client(std::unique_ptr<runtime::stream> connection, worker_state& at) {
    session one{std::move(connection), at};
    auto running = one.run();
    co_await running;
}

}  // namespace curfew::gateway
