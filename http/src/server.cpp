#include <curfew/http/date_source.hpp>
#include <curfew/http/head_reader.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/http/server.hpp>
#include <curfew/protocol/http1_body.hpp>
#include <curfew/protocol/http1_writer.hpp>
#include <curfew/runtime/loop.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace curfew::http {

namespace {

using runtime::io;

/// Everything one connection needs while a request is being served.
struct conversation {
    conversation(
        std::unique_ptr<runtime::stream> connection,
        const handler& by,
        const server_limits& within,
        time_point accepted,
        resting_connections* among
    ) noexcept
        : stream{std::move(connection)},
          answer{by},
          limits{within},
          heads{*stream, input, limits, accepted, among} {}

    std::unique_ptr<runtime::stream> stream;
    const handler& answer;
    const server_limits& limits;
    input_buffer input;
    request_reader heads;
    date_source date;
    std::string body;
};

enum class step : std::uint8_t { go_on, close, leave };

/// How an answer goes out.
struct manner {
    bool keep_alive = false;
    bool with_body = true;
    bool chunked = false;  ///< a live body; else its length is known, or the connection ends it
};

/// Ends a scope when the client leaves, while it lives.
class departure {
  public:
    departure(runtime::stream& of, runtime::scope& ends) noexcept : of_{of} {
        of.ready().cancel_on_hang_up(&ends);
    }

    departure(const departure&) = delete;
    departure& operator=(const departure&) = delete;

    ~departure() { of_.ready().cancel_on_hang_up(nullptr); }

  private:
    runtime::stream& of_;
};

/// The head, and of an answer that is not live its body.
runtime::task<io> send(
    conversation& with, const response& reply, manner how, runtime::scope& under
) {
    runtime::scope writing{
        under, bound::after(under.on().now(), with.limits.write_idle, "http.write_idle")
    };
    std::array<char, 1024> room;
    http1::wire_writer head{room};
    head.status_line(reply.status);
    head.field_line(http1::field_id::date, with.date.text(under.on().now()));
    if (!with.limits.name.empty()) {
        head.field_line(http1::field_id::server, with.limits.name);
    }
    head.field_line(http1::field_id::content_type, reply.content_type);
    if (how.chunked) {
        head.field_line(http1::field_id::transfer_encoding, "chunked");
    } else if (!reply.live) {
        head.field_line(http1::field_id::content_length, reply.body.size());
    }
    head.field_line(http1::field_id::cache_control, "no-store");
    if (!reply.allow.empty()) {
        head.field_line("Allow", reply.allow);
    }
    if (!reply.challenge.empty()) {
        head.field_line("WWW-Authenticate", reply.challenge);
    }
    if (!how.keep_alive) {
        head.field_line(http1::field_id::connection, "close");
    }
    head.end_head();
    const std::string_view body = how.with_body ? std::string_view{reply.body} : std::string_view{};
    std::array parts{part(head.written()), part(body)};
    auto sending = write_all(*with.stream, parts, writing);
    const auto sent = co_await sending;
    co_return sent.status;
}

runtime::task<bool> send_live(
    conversation& with, const response& reply, manner how, runtime::scope& under
) {
    auto heading = send(with, reply, how, under);
    const auto sent = co_await heading;
    if (sent != io::ok || !how.with_body) {
        co_return sent == io::ok;
    }
    runtime::scope living{under};
    const departure ends{*with.stream, living};
    body_writer to{*with.stream, with.limits.write_idle, living, how.chunked};
    auto sending = reply.live->send(to, living);
    co_await sending;
    auto finishing = to.finish();
    const bool whole = co_await finishing;
    co_return whole;
}

runtime::task<> refuse(conversation& with, errc why, runtime::scope& under) {
    const errc_entry& entry = describe(why);
    const response reply{entry.http_status, "text/plain; charset=utf-8", std::string{entry.title}};
    auto sending = send(with, reply, {}, under);
    co_await sending;
}

runtime::task<result<bool>> read_body(conversation& with, runtime::scope& under) {
    runtime::scope reading{
        under, bound::after(under.on().now(), with.limits.header_timeout, "http.body")
    };
    http1::body_decoder decoder{with.heads.parser().head().body};
    with.body.clear();
    while (!decoder.finished()) {
        const auto taken = decoder.step(with.input.unread());
        with.body.append(taken.data);
        with.input.consume(taken.consumed);
        if (decoder.failed()) {
            co_return fail(http1::request_error(decoder.why()));
        }
        if (with.body.size() > with.limits.body_bytes) {
            co_return fail(errc::body_too_large);
        }
        if (decoder.finished() || taken.again) {
            continue;
        }
        auto filling = fill(with.input, *with.stream, block::usual, reading);
        const auto got = co_await filling;
        if (got.status == io::would_block) {
            co_return fail(errc::client_too_slow);
        }
        if (got.status != io::ok) {
            co_return false;
        }
    }
    co_return true;
}

/// A head's views point into the buffer, which the body moves: what is small is copied.
struct kept_head {
    explicit kept_head(const http1::request_head& head)
        : target{head.target},
          authorization{head.fields.value(http1::field_id::authorization)},
          host{head.host},
          origin{head.fields.value(http1::field_id::origin)},
          fetch_site{value_of(head.fields, "sec-fetch-site")},
          last_event_id{head.fields.value(http1::field_id::last_event_id)},
          accept{head.fields.value(http1::field_id::accept)} {}

    [[nodiscard]] request with_body(http1::method_id method, std::string_view body) const noexcept {
        const std::string_view all{target};
        const auto question = all.find('?');
        const auto query = question == all.npos ? std::string_view{} : all.substr(question + 1);
        return {
            .method = method,
            .path = all.substr(0, question),
            .query = query,
            .authorization = authorization,
            .body = body,
            .host = host,
            .origin = origin,
            .fetch_site = fetch_site,
            .last_event_id = last_event_id,
            .accept = accept
        };
    }

    static std::string_view value_of(const http1::field_list& fields, std::string_view name) {
        const auto found = std::ranges::find_if(fields.all, [&](const http1::field& each) {
            return http1::equals_ignoring_case(each.name, name);
        });
        return found == fields.all.end() ? std::string_view{} : found->value;
    }

    std::string target;
    std::string authorization;
    std::string host;
    std::string origin;
    std::string fetch_site;
    std::string last_event_id;
    std::string accept;
};

runtime::task<step> serve_one(conversation& with, runtime::scope& under) {
    auto reading = with.heads.next(under, under);
    const auto arrived = co_await reading;
    if (arrived == head_end::broken || arrived == head_end::slow) {
        const bool slow = arrived == head_end::slow;
        auto refusing =
            refuse(with, slow ? errc::client_too_slow : with.heads.parser().error(), under);
        co_await refusing;
    }
    if (arrived != head_end::whole) {
        co_return arrived == head_end::idle ? step::leave : step::close;
    }
    const http1::request_head head = with.heads.parser().head();
    const kept_head kept{head};
    with.input.consume(with.heads.parser().consumed());
    auto taking = read_body(with, under);
    const auto whole = co_await taking;
    if (!whole || !*whole) {
        if (!whole) {
            auto refusing = refuse(with, whole.error().code, under);
            co_await refusing;
        }
        co_return step::close;
    }
    const request asked = kept.with_body(head.method, with.body);
    auto answering = with.answer(asked);
    const response reply = co_await answering;
    manner how{
        .keep_alive = head.keep_alive && !under.ended(),
        .with_body = head.method != http1::method_id::head
    };
    if (!reply.live) {
        auto sending = send(with, reply, how, under);
        const auto sent = co_await sending;
        co_return sent == io::ok&& how.keep_alive ? step::go_on : step::close;
    }
    how.chunked = head.minor_version > 0;
    how.keep_alive = how.keep_alive && how.chunked;
    auto living = send_live(with, reply, how, under);
    const bool ended_well = co_await living;
    co_return ended_well&& how.keep_alive ? step::go_on : step::close;
}

}  // namespace

runtime::task<bool> body_writer::put(
    std::string_view before, std::string_view piece, std::string_view after
) {
    if (failed_ || under_.ended()) {
        co_return false;
    }
    runtime::scope writing{under_, bound::after(under_.on().now(), write_idle_, "http.write_idle")};
    std::array parts{part(before), part(piece), part(after)};
    auto sending = write_all(to_, parts, writing);
    const auto sent = co_await sending;
    failed_ = sent.status != io::ok;
    co_return !failed_;
}

runtime::task<bool> body_writer::write(std::string_view piece) {
    if (piece.empty() || !chunked_) {
        auto putting = put({}, piece, {});
        const bool taken = co_await putting;
        co_return taken;
    }
    std::array<char, 24> size{};
    auto* end = std::to_chars(size.data(), size.data() + 16, piece.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    auto putting = put({size.data(), static_cast<std::size_t>(end - size.data())}, piece, "\r\n");
    const bool taken = co_await putting;
    co_return taken;
}

runtime::task<bool> body_writer::finish() {
    auto putting = put({}, chunked_ ? std::string_view{"0\r\n\r\n"} : std::string_view{}, {});
    const bool taken = co_await putting;
    co_return taken;
}

runtime::task<> serve_connection(
    std::unique_ptr<runtime::stream> connection,
    runtime::scope& under,
    const handler& answer,
    const server_limits& limits,
    resting_connections* among
) {
    conversation with{std::move(connection), answer, limits, under.on().now(), among};
    while (!under.ended()) {
        auto serving = serve_one(with, under);
        const auto next = co_await serving;
        if (next == step::leave) {
            co_return;
        }
        if (next == step::close) {
            break;
        }
    }
    auto ending = among ? linger(*with.stream, under, *among) : linger(*with.stream, under);
    co_await ending;
}

}  // namespace curfew::http
