#include "attachment.hpp"

#include <cstring>

namespace curfew::cli {

namespace {

std::string host_field(const attachment::target& to) {
    const bool six = to.host.find(':') != std::string::npos;
    return (six ? '[' + to.host + ']' : to.host) + ':' + std::to_string(to.port);
}

std::string request_for(const attachment::target& to, std::string_view token) {
    std::string text =
        "GET /-/events HTTP/1.1\r\nHost: " + host_field(to) + "\r\nAccept: text/event-stream\r\n";
    if (!token.empty()) {
        text.append("Authorization: Bearer ").append(token).append("\r\n");
    }
    return text + "\r\n";
}

std::string sentence_of(failure why) {
    switch (why.code) {
        case errc::connect_refused:
            return "nothing listens there";
        case errc::resolve_failed:
            return "the name is not known";
        case errc::own_timeout:
        case errc::connect_timeout:
        case errc::resolve_timeout:
            return "it does not answer";
        case errc::upstream_protocol:
            return "it does not speak HTTP/1.1";
        case errc::upstream_closed:
        case errc::upstream_reset:
            return "the connection was cut";
        default:
            break;
    }
    std::string text{describe(why.code).title};
    return why.detail > 0 ? text + " (" + ::strerror(why.detail) + ')' : text;
}

std::string sentence_of_status(int status) {
    switch (status) {
        case 401:
            return "it asks for another token (server.admin_token)";
        case 404:
        case 405:
            return "it has no /-/events: it is no admin listener, or an older Curfew's";
        case 503:
            return "it has no stream to give just now";
        default:
            return "it answered " + std::to_string(status);
    }
}

}  // namespace

attachment::attachment(
    runtime::loop& on, runtime::network& through, target to, std::string_view token, hearer& told
)
    : through_{through},
      resolver_{on},
      to_{std::move(to)},
      request_{request_for(to_, token)},
      told_{told} {}

runtime::task<std::string> attachment::begin(runtime::scope& under) {
    auto resolving = resolver_.resolve(to_.host, to_.port, under);
    const auto found = co_await resolving;
    if (!found) {
        co_return sentence_of(found.error());
    }
    failure last{errc::connect_refused, 0};
    for (const runtime::endpoint& at : *found) {
        client_.emplace(through_, at);
        auto beginning = client_->begin(http1::method_id::get, request_, under);
        const auto told = co_await beginning;
        if (told && told->status != 200) {
            co_return sentence_of_status(told->status);
        }
        if (told) {
            const bool streams = told->content_type.starts_with("text/event-stream");
            co_return streams ? std::string{} : sentence_of_status(404);
        }
        last = told.error();
    }
    co_return sentence_of(last);
}

runtime::task<std::string> attachment::follow(runtime::scope& under) {
    std::string trouble;
    {
        runtime::scope beginning{under, bound::after(under.on().now(), silence, "watch.silence")};
        auto trying = begin(beginning);
        trouble = co_await trying;
    }
    if (trouble.empty()) {
        told_.attached();
        auto reading = read(under);
        trouble = co_await reading;
    }
    client_.reset();
    co_return under.ended() ? std::string{} : trouble;
}

runtime::task<std::string> attachment::read(runtime::scope& under) {
    sse::parser parser;
    std::string trouble;
    for (;;) {
        runtime::scope listening{under, bound::after(under.on().now(), silence, "watch.silence")};
        auto reading = client_->more(listening);
        const auto piece = co_await reading;
        if (!piece) {
            const bool silent = piece.error().code == errc::own_timeout;
            co_return silent ? "it has fallen silent" : sentence_of(piece.error());
        }
        if (piece->empty()) {
            co_return "it has ended the stream";
        }
        if (!take(*piece, parser, trouble)) {
            co_return trouble;
        }
    }
}

bool attachment::take(std::string_view piece, sse::parser& parser, std::string& trouble) {
    while (!piece.empty()) {
        const auto taken = parser.step(piece);
        piece.remove_prefix(taken.consumed);
        if (parser.failed()) {
            trouble = "what it sends is no stream of events";
            return false;
        }
        if (taken.complete && !take(parser.current(), trouble)) {
            return false;
        }
    }
    return true;
}

bool attachment::take(const sse::message& what, std::string& trouble) {
    const auto broken = [&] {
        trouble = "what it sends is not understood: is it another version?";
        return false;
    };
    if (what.name == "state") {
        auto state = admin::read_state(what.data);
        return state ? told_.take(*std::move(state)) : broken();
    }
    if (what.name == "end") {
        auto end = admin::read_end(what.data);
        if (!end) {
            return broken();
        }
        told_.take(*std::move(end));
    } else if (what.name == "missed") {
        const auto missed = admin::read_missed(what.data);
        if (!missed) {
            return broken();
        }
        told_.take(*missed);
    } else if (what.name == "bye") {
        trouble = "it has shut down";
        return false;
    }
    return true;
}

}  // namespace curfew::cli
