#include "conversation.hpp"

#include <curfew/http/input_buffer.hpp>
#include <curfew/runtime/loop.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace curfew::preflight {

using runtime::io;
using runtime::task;

namespace {

/// How many bytes the character has that a text begins with; 0 for a control character, and for
/// what is no UTF-8 (RFC 3629).
std::size_t shown_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
    const std::size_t size = first >= 0xf5   ? 0
                             : first >= 0xf0 ? 4
                             : first >= 0xe0 ? 3
                             : first >= 0xc2 ? 2
                                             : 0;
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xc0U) != 0x80) return 0;
    }
    const bool is_control = first == 0xc2 && byte(1) < 0xa0;
    const bool is_overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    return is_control || is_overlong ? 0 : size;
}

}  // namespace

conversation::conversation(const instruments& with, const policy::service_url& where)
    : with_{with}, where_{where}, resolver_{with.on} {}

task<std::optional<finding>> conversation::begin(runtime::scope& under) {
    auto resolving = resolver_.resolve(where_.host, where_.port, under);
    const auto found = co_await resolving;
    if (!found) {
        co_return finding_of(found.error(), where_, under);
    }
    failure last{errc::connect_failed};
    for (std::size_t at = 0; at < found->size() && !under.ended(); ++at) {
        const time_point now = with_.on.now();
        const duration left = under.limit().at.left(now) / static_cast<int>(found->size() - at);
        runtime::scope trying{under, bound::after(now, left, "check.timeout")};
        auto connecting = runtime::connect(with_.through, (*found)[at], trying);
        auto made = co_await connecting;
        if (made) {
            stream_ = std::move(*made);
            co_return std::nullopt;
        }
        last = made.error();
    }
    co_return finding_of(last, where_, under);
}

task<std::optional<finding>> conversation::secure(
    const std::string& ca_file, duration valid_for, runtime::scope& under
) {
    auto made = tls_session::make(where_.host, ca_file);
    if (!made) {
        co_return finding{.sentence = "cannot speak TLS: " + made.error(), .message = made.error()};
    }
    tls_.emplace(*std::move(made));
    for (;;) {
        const auto step = tls_->handshake();
        unsent_ += tls_->take_output();
        auto sending = send(under);
        auto wrong = co_await sending;
        if (wrong) {
            co_return wrong;
        }
        if (step == tls_session::progress::failed) {
            const std::string why{tls_->problem()};
            if (tls_->peer_speaks_no_tls()) {
                co_return finding{
                    .sentence = where_.shown() + " does not speak TLS: " + why,
                    .message = "no TLS: " + why
                };
            }
            co_return finding{
                .sentence = where_.shown() + " has no certificate that holds: " + why,
                .message = "certificate: " + why
            };
        }
        if (step == tls_session::progress::done) {
            break;
        }
        auto receiving = receive(under);
        auto got = co_await receiving;
        if (!got) {
            co_return std::move(got.error());
        }
        tls_->give_input(*got);
    }
    if (const auto lacks = tls_->validity_lacks(valid_for)) {
        co_return finding{
            .sentence = "the certificate of " + where_.shown() + ' ' + *lacks,
            .message = "certificate " + *lacks
        };
    }
    co_return std::nullopt;
}

task<std::optional<finding>> conversation::say(std::string text, runtime::scope& under) {
    if (tls_) {
        tls_->write(text);
        unsent_ += tls_->take_output();
    } else {
        unsent_ += text;
    }
    auto sending = send(under);
    auto wrong = co_await sending;
    co_return wrong;
}

task<std::expected<std::string, finding>> conversation::hear(
    std::string_view end, runtime::scope& under
) {
    for (;;) {
        if (const auto at = heard_.find(end); at != heard_.npos) {
            std::string told = heard_.substr(0, at + end.size());
            heard_.erase(0, told.size());
            co_return told;
        }
        if (heard_.size() >= heard_max) {
            co_return std::unexpected{finding{
                .sentence = where_.shown() + " does not speak what it is asked in",
                .message = clean(heard_)
            }};
        }
        auto receiving = receive(under);
        auto got = co_await receiving;
        if (!got) {
            co_return got;
        }
        if (!tls_) {
            heard_ += *got;
            continue;
        }
        tls_->give_input(*got);
        heard_ += tls_->read();
        if (tls_->ended() && heard_.find(end) == heard_.npos) {
            co_return std::unexpected{broken({io::end}, under)};
        }
    }
}

task<std::optional<finding>> conversation::send(runtime::scope& under) {
    std::array parts{http::part(unsent_)};
    auto writing = http::write_all(*stream_, parts, under);
    const auto sent = co_await writing;
    unsent_.clear();
    if (sent.status != io::ok) {
        co_return broken(sent, under);
    }
    co_return std::nullopt;
}

task<std::expected<std::string, finding>> conversation::receive(runtime::scope& under) {
    http::input_buffer input;
    auto filling = http::fill(input, *stream_, heard_max, under);
    const auto got = co_await filling;
    if (got.status != io::ok) {
        co_return std::unexpected{broken(got, under)};
    }
    co_return std::string{input.unread()};
}

finding conversation::broken(const runtime::io_result& got, const runtime::scope& under) const {
    if (got.status == io::would_block) {
        return finding_of(runtime::ended_failure(under, errc::own_timeout), where_, under);
    }
    if (got.status == io::end) {
        return {.sentence = where_.shown() + " closed the connection", .error_number = ECONNRESET};
    }
    return finding_of({errc::upstream_reset, got.error}, where_, under);
}

finding finding_of(failure what, const policy::service_url& where, const runtime::scope& under) {
    finding made;
    made.timed_out = under.ended();
    const auto at = where.shown();
    switch (what.code) {
        case errc::resolve_failed:
            return unnamed(where.host, what);
        case errc::connect_refused:
            made.sentence = "nobody listens at " + at;
            made.error_number = what.detail == 0 ? ECONNREFUSED : what.detail;
            return made;
        case errc::own_timeout:
        case errc::connect_timeout:
        case errc::resolve_timeout:
        case errc::inherited_deadline:
            made.sentence = "no answer from " + at + " in time";
            made.timed_out = true;
            return made;
        case errc::cancelled:
        case errc::shutting_down:
            made.sentence = "broken off";
            return made;
        default:
            made.error_number = what.detail;
            made.sentence = "cannot speak to " + at + ": " +
                            (what.detail == 0 ? std::string{describe(what.code).title}
                                              : std::string{std::strerror(what.detail)});
            return made;
    }
}

finding unnamed(const std::string& host, failure why) {
    if (runtime::is_nobodys_name(why)) {
        return {
            .sentence = "there is no host of the name " + host, .message = "name does not exist"
        };
    }
    return {
        .sentence = "the name " + host + " cannot be looked up: no name server answers it",
        .timed_out = why.code == errc::resolve_timeout,
        .message = "name lookup failed"
    };
}

std::string clean(std::string_view said) {
    constexpr std::size_t longest = 200;
    std::string made;
    while (!said.empty() && made.size() < longest) {
        const std::size_t size = shown_size(said);
        made += size == 0 ? std::string_view{" "} : said.substr(0, size);
        said.remove_prefix(std::max<std::size_t>(size, 1));
    }
    made.erase(made.find_last_not_of(' ') + 1);
    return made;
}

}  // namespace curfew::preflight
