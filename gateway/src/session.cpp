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

bound bound_from(const worker_state& at, duration length, std::string_view name) noexcept {
    return {deadline::after(at.on.now(), length), true, name, length};
}

/// What the arrival of a head came to.
struct arrived {
    enum class how : std::uint8_t { head, ended, refused } what = how::ended;
    time_point first_byte{};
};

/// Why a head never became a request.
struct broken_head {
    errc code{};
    cause why{};
};

/// One connection's reading of heads.
class session {
  public:
    session(std::unique_ptr<runtime::stream> connection, worker_state& at)
        : at_{at}, client_{std::move(connection), at} {}

    runtime::task<> run() {
        for (;;) {
            auto arriving = next_head();
            const auto head = co_await arriving;
            if (head.what == arrived::how::ended) {
                co_return;
            }
            if (head.what == arrived::how::refused) {
                break;
            }
            auto serving = serve(head.first_byte);
            co_await serving;
            if (!client_.keep_alive || client_.broken || at_.arrivals.ended()) {
                break;
            }
        }
        if (!client_.broken && !at_.connections.ended()) {
            auto ending = http::linger(*client_.stream, at_.connections);
            co_await ending;
        }
    }

  private:
    runtime::task<bool> first_byte() {
        const auto& limits = at_.shared.rules().http;
        runtime::scope idle{at_.arrivals, bound_from(at_, limits.keep_alive, "http.keep_alive")};
        client_.input.release_if_empty();
        fields_.release();
        auto filling = http::fill(client_.input, *client_.stream, limits.header_bytes, idle);
        const auto got = co_await filling;
        co_return got.status == io::ok;
    }

    /// An idle connection holds no room for fields.
    void begin_head() {
        const auto& limits = at_.shared.rules().http;
        if (!fields_) {
            fields_ = http::block{limits.header_count * sizeof(http1::field)};
        }
        const std::span storage{
            reinterpret_cast<http1::field*>(fields_.room().data()), limits.header_count
        };
        parser_.emplace(
            storage, http1::limits{limits.header_bytes, limits.header_count, limits.target_bytes}
        );
    }

    /// Reads on until the head is whole. Nothing when it is; else why it never will be.
    runtime::task<std::optional<broken_head>> read_on() {
        const auto& limits = at_.shared.rules().http;
        runtime::scope reading{
            at_.connections, bound_from(at_, limits.header_timeout, "http.header_timeout")
        };
        for (;;) {
            auto filling =
                http::fill(client_.input, *client_.stream, limits.header_bytes + 1, reading);
            const auto got = co_await filling;
            if (got.status == io::would_block) {
                const bool slow = reading.why().kind == cause_kind::own_timeout;
                co_return broken_head{
                    slow ? errc::client_too_slow : errc::shutting_down, reading.why()
                };
            }
            if (got.status != io::ok) {
                client_.broken = true;
                co_return broken_head{errc::cancelled, {cause_kind::cancelled}};
            }
            const auto progress = parser_->step(client_.input.unread());
            if (progress == http1::progress::failed) {
                co_return broken_head{parser_->error(), broken_rule()};
            }
            if (progress == http1::progress::done) {
                co_return std::nullopt;
            }
        }
    }

    [[nodiscard]] cause broken_rule() const noexcept {
        return rejection_by(parser_->why(), at_.shared.rules().http);
    }

    runtime::task<arrived> next_head() {
        if (client_.input.empty()) {
            auto waiting = first_byte();
            const bool came = co_await waiting;
            if (!came) {
                co_return arrived{};
            }
        }
        const time_point first = at_.on.now();
        begin_head();
        std::optional<broken_head> broken;
        const auto progress = parser_->step(client_.input.unread());
        if (progress == http1::progress::need_more) {
            auto reading = read_on();
            broken = co_await reading;
        } else if (progress == http1::progress::failed) {
            broken = broken_head{parser_->error(), broken_rule()};
        }
        if (broken) {
            auto refusing = refuse(broken->code, broken->why, first);
            co_await refusing;
            co_return arrived{arrived::how::refused, first};
        }
        co_return arrived{arrived::how::head, first};
    }

    // Out of line: what is inlined here has its frame in that of the connection, idle or not.

    /// The one end of what never became a request of a route: counted, told, and answered if there
    /// is still somebody.
    [[gnu::noinline]] runtime::task<> refuse(
        errc code, cause why, time_point first, bool head_only = false
    ) {
        ++at_.bad_requests;
        client_.keep_alive = false;
        budget spent{first, {}};
        spent.close(at_.on.now());
        refusal what;
        what.code = code;
        what.why = why;
        what.account = &spent.account();
        what.trace = at_.traces.begin();
        what.head_only = head_only;
        event told;
        told.name = "request";
        told.ended = outcome_of(why);
        told.why = why;
        told.error = code;
        told.started = first;
        told.took = at_.on.now() - first;
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
        at_.events.record(told);
        if (!client_.broken) {
            auto sending = send_refusal(client_, what, at_);
            co_await sending;
        }
    }

    [[gnu::noinline]] runtime::task<> serve(time_point first) {
        http1::request_head head = parser_->head();
        const bool head_only = head.method == http1::method_id::head;
        const std::string& health_path = at_.shared.rules().server.health_path;
        if (!health_path.empty() && head.path == health_path) {
            auto answering = answer_health(head, first);
            co_await answering;
            co_return;
        }
        if (read_max_forwards(head) == 0U) {
            auto ending = answer_last_hop(head, first);
            co_await ending;
            co_return;
        }
        http::block normal;
        if (!http1::is_normal_path(head.path) && head.form != http1::target_form::asterisk) {
            normal = http::block{head.path.size()};
            const auto path = http1::normalise_path(head.path, normal.room());
            if (!path) {
                const cause why = rejection_by(path.error(), at_.shared.rules().http);
                auto refusing = refuse(http1::request_error(path.error()), why, first, head_only);
                co_await refusing;
                co_return;
            }
            head.path = *path;
        }
        const auto match = at_.shared.routes().find(head.method, head.host, head.path);
        if (!match) {
            auto refusing = refuse(match.error().code, rejection, first, head_only);
            co_await refusing;
            co_return;
        }
        exchange one{at_, client_, head, parser_->consumed(), *match, first};
        auto running = one.run();
        co_await running;
        at_.used.pass();
    }

    /// The request ends here by its own wish (RFC 9110, 7.6.2).
    [[gnu::noinline]] runtime::task<> answer_last_hop(http1::request_head head, time_point first) {
        if (head.method != http1::method_id::options) {
            cause why = rejection;
            why.detail = "Max-Forwards is 0, and TRACE is not answered here";
            auto refusing = refuse(errc::method_not_implemented, why, first);
            co_await refusing;
            co_return;
        }
        client_.keep_alive = head.keep_alive && head.body.empty() && !at_.arrivals.ended();
        client_.input.consume(parser_->consumed());
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

    [[gnu::noinline]] runtime::task<> answer_health(http1::request_head head, time_point first) {
        const bool bodyless = head.method == http1::method_id::head;
        if (!bodyless && head.method != http1::method_id::get) {
            auto refusing = refuse(errc::method_not_implemented, rejection, first);
            co_await refusing;
            co_return;
        }
        auto answering = at_.shared.health(at_.connections);
        const auto page = co_await answering;
        const http::response& reply = *page;
        client_.keep_alive = head.keep_alive && head.body.empty() && !at_.arrivals.ended();
        client_.input.consume(parser_->consumed());
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
    http::block fields_;
    std::optional<http1::request_parser> parser_;
};

}  // namespace

client_side::client_side(std::unique_ptr<runtime::stream> connection, worker_state& at)
    : stream{std::move(connection)},
      from{address_bytes(stream->peer()), at.shared.rules().server.trusted_proxies} {}

runtime::task<bool> send_to_client(client_side& to, std::span<iovec> parts, worker_state& at) {
    const duration idle = at.shared.rules().http.write_idle;
    runtime::scope writing{at.connections, bound_from(at, idle, "http.write_idle")};
    do {
        auto sending = http::write_some(*to.stream, parts, writing);
        const auto sent = co_await sending;
        if (sent.status != io::ok) {
            to.broken = true;
            to.keep_alive = false;
            if (sent.status == io::would_block) {
                to.broken_by = writing.why();
            }
            co_return false;
        }
        writing.rebound(bound_from(at, idle, "http.write_idle"));
    } while (!parts.empty());
    co_return true;
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
