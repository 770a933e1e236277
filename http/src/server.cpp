#include <curfew/http/date_source.hpp>
#include <curfew/http/head_reader.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/http/server.hpp>
#include <curfew/protocol/http1_body.hpp>
#include <curfew/protocol/http1_writer.hpp>
#include <curfew/runtime/loop.hpp>

#include <array>

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

runtime::task<io> send(
    conversation& with,
    const response& reply,
    bool keep_alive,
    bool with_body,
    runtime::scope& under
) {
    runtime::scope writing{
        under, bound::after(under.on().now(), with.limits.write_idle, "http.write_idle")
    };
    std::array<char, 1024> room;
    http1::wire_writer head{room};
    head.status_line(reply.status);
    head.field_line(http1::field_id::date, with.date.text(under.on().now()));
    head.field_line(http1::field_id::content_type, reply.content_type);
    head.field_line(http1::field_id::content_length, reply.body.size());
    head.field_line(http1::field_id::cache_control, "no-store");
    if (!reply.allow.empty()) {
        head.field_line("Allow", reply.allow);
    }
    if (!reply.challenge.empty()) {
        head.field_line("WWW-Authenticate", reply.challenge);
    }
    if (!keep_alive) {
        head.field_line(http1::field_id::connection, "close");
    }
    head.end_head();
    const std::string_view body = with_body ? std::string_view{reply.body} : std::string_view{};
    std::array parts{part(head.written()), part(body)};
    auto sending = write_all(*with.stream, parts, writing);
    const auto sent = co_await sending;
    co_return sent.status;
}

runtime::task<> refuse(conversation& with, errc why, runtime::scope& under) {
    const errc_entry& entry = describe(why);
    const response reply{entry.http_status, "text/plain; charset=utf-8", std::string{entry.title}};
    auto sending = send(with, reply, false, true, under);
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
    // The head's views point into the buffer, which the body moves: copy what is small.
    const http1::request_head head = with.heads.parser().head();
    const std::string target{head.target};
    const std::string authorization{head.fields.value(http1::field_id::authorization)};
    const auto question = target.find('?');
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
    const std::string_view all{target};
    const request asked{
        head.method,
        all.substr(0, question),
        question == std::string::npos ? std::string_view{} : all.substr(question + 1),
        authorization,
        with.body,
    };
    auto answering = with.answer(asked);
    const response reply = co_await answering;
    const bool keep = head.keep_alive && !under.ended();
    auto sending = send(with, reply, keep, head.method != http1::method_id::head, under);
    const auto sent = co_await sending;
    co_return sent == io::ok&& keep ? step::go_on : step::close;
}

}  // namespace

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
