#include <curfew/http/client.hpp>
#include <curfew/http/head_reader.hpp>
#include <curfew/runtime/loop.hpp>

#include <array>

namespace curfew::http {

using runtime::io;

namespace {

failure broken(const runtime::io_result& got, const runtime::scope& under) noexcept {
    if (got.status == io::would_block) {
        return runtime::ended_failure(under, errc::own_timeout);
    }
    return {got.status == io::end ? errc::upstream_closed : errc::upstream_reset, got.error};
}

}  // namespace

void client::close() noexcept {
    stream_.reset();
    input_ = {};
}

runtime::task<result<answer>> client::exchange(
    http1::method_id method, std::string_view head_and_body, runtime::scope& under
) {
    if (connected() && stream_->ready().hung_up()) {
        close();
    }
    const bool reused = connected();
    auto trying = attempt(method, head_and_body, under);
    auto first = co_await trying;
    if (first) {
        co_return first;
    }
    close();
    const bool raced = reused && (first.error().code == errc::upstream_closed ||
                                  first.error().code == errc::upstream_reset);
    if (!raced || !http1::is_idempotent(method)) {
        co_return first;
    }
    auto again = attempt(method, head_and_body, under);
    auto second = co_await again;
    if (!second) {
        close();
    }
    co_return second;
}

runtime::task<result<answer>> client::attempt(
    http1::method_id method, std::string_view text, runtime::scope& under
) {
    auto beginning = read_answer(method, text, under);
    auto told = co_await beginning;
    if (!told) {
        co_return told;
    }
    auto reading = read_body(*told, under);
    const auto whole = co_await reading;
    if (!whole) {
        co_return std::unexpected{whole.error()};
    }
    if (!told->keep_alive || !input_.empty()) {
        close();
    }
    co_return told;
}

runtime::task<result<answer>> client::begin(
    http1::method_id method, std::string_view head_and_body, runtime::scope& under
) {
    close();
    auto beginning = read_answer(method, head_and_body, under);
    auto told = co_await beginning;
    if (!told) {
        close();
    }
    co_return told;
}

runtime::task<result<answer>> client::read_answer(
    http1::method_id method, std::string_view text, runtime::scope& under
) {
    progress_ = {};
    if (!connected()) {
        auto connecting = runtime::connect(network_, to_, under);
        auto made = co_await connecting;
        if (!made) {
            co_return std::unexpected{made.error()};
        }
        stream_ = std::move(*made);
    }
    progress_.sent_at = under.on().outside().now();
    std::array parts{part(text)};
    auto sending = write_all(*stream_, parts, under);
    const auto sent = co_await sending;
    if (sent.status != io::ok) {
        co_return std::unexpected{broken(sent, under)};
    }
    response_parser parser{http1::limits{}, method};
    std::string content_type;  // its view does not outlive the head's bytes
    std::string server;
    for (;;) {
        auto reading = read_head(parser, input_, *stream_, under);
        const auto got = co_await reading;
        progress_.answer_begun = progress_.answer_begun || !input_.empty();
        if (got.status != io::ok) {
            co_return std::unexpected{broken(got, under)};
        }
        if (parser.failed()) {
            co_return fail(errc::upstream_protocol);
        }
        content_type = parser.head().fields.value(http1::field_id::content_type);
        server = parser.head().fields.value(http1::field_id::server);
        input_.consume(parser.consumed());
        if (!parser.head().interim()) {
            break;
        }
        parser.reset(method);
    }
    const http1::response_head& head = parser.head();
    decoder_ = http1::body_decoder{head.body};
    answer told;
    told.status = head.status;
    told.keep_alive = head.keep_alive;
    told.head_at = under.on().now();
    told.content_type = std::move(content_type);
    told.server = std::move(server);
    co_return told;
}

runtime::task<result<>> client::read_body(answer& into, runtime::scope& under) {
    for (;;) {
        auto reading = more(under);
        const auto piece = co_await reading;
        if (!piece) {
            co_return std::unexpected{piece.error()};
        }
        if (piece->empty()) {
            break;
        }
        const auto room = body_max - into.body.size();
        into.body_cut = into.body_cut || piece->size() > room;
        into.body.append(piece->substr(0, room));
    }
    into.keep_alive = into.keep_alive && stream_ != nullptr;
    co_return result<>{};
}

runtime::task<result<std::string_view>> client::more(runtime::scope& under) {
    while (!decoder_.finished()) {
        const auto taken = decoder_.step(input_.unread());
        input_.consume(taken.consumed);
        if (decoder_.failed()) {
            co_return fail(errc::upstream_protocol);
        }
        if (!taken.data.empty()) {
            co_return taken.data;
        }
        if (decoder_.finished() || taken.again) {
            continue;
        }
        auto filling = fill(input_, *stream_, block::large, under);
        const auto got = co_await filling;
        if (got.status == io::end) {
            decoder_.close();
            if (!decoder_.finished()) {
                co_return fail(errc::upstream_closed);
            }
            close();
        } else if (got.status != io::ok) {
            co_return std::unexpected{broken(got, under)};
        }
    }
    co_return std::string_view{};
}

std::string get_request(std::string_view host, std::string_view path) {
    std::string text{"GET "};
    text.append(path).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n\r\n");
    return text;
}

}  // namespace curfew::http
