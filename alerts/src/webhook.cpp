#include <curfew/alerts/sink.hpp>
#include <curfew/core/expects.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>

#include <algorithm>
#include <utility>

namespace curfew::alerts {

namespace {

constexpr auto first_pause = std::chrono::milliseconds{100};

std::string count_of(std::uint32_t attempts) {
    return attempts < 2 ? std::string{} : " (" + std::to_string(attempts) + " attempts)";
}

std::string words_for(errc code) {
    switch (code) {
        case errc::own_timeout:
        case errc::connect_timeout:
        case errc::resolve_timeout:
            return "no answer in time";
        case errc::connect_refused:
            return "nobody listens there";
        case errc::resolve_failed:
            return "no host of that name";
        case errc::cancelled:
        case errc::shutting_down:
            return "broken off";
        default:
            return "no answer: " + std::string{describe(code).id};
    }
}

std::string host_text(const policy::http_url& url) {
    const bool is_v6 = url.host.find(':') != url.host.npos;
    std::string text = is_v6 ? '[' + url.host + ']' : url.host;
    return url.port == 80 ? text : text + ':' + std::to_string(url.port);
}

}  // namespace

webhook::webhook(
    runtime::loop& on,
    runtime::network& through,
    const policy::sink_policy& rules,
    source who,
    std::uint64_t seed
)
    : through_{through},
      resolver_{on},
      rules_{rules},
      who_{std::move(who)},
      random_{static_cast<std::minstd_rand::result_type>(seed)} {
    auto parsed = policy::parse_webhook(rules.webhook);
    expects(parsed.has_value(), "the policy was validated");
    url_ = *std::move(parsed);
}

std::string webhook::request_of(const notice& what) const {
    const std::string body = to_json(what, who_);
    std::string text = "POST " + url_.target + " HTTP/1.1\r\nHost: " + host_text(url_.where) +
                       "\r\nUser-Agent: curfew/" + who_.version +
                       "\r\nContent-Type: application/json\r\nIdempotency-Key: " + what.id +
                       "\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\nConnection: close\r\n";
    if (!rules_.token.empty()) {
        text += "Authorization: Bearer " + rules_.token + "\r\n";
    }
    return text + "\r\n" + body;
}

runtime::task<webhook::attempt> webhook::try_once(const std::string& text, runtime::scope& under) {
    const auto failed = [&](failure why) {
        const bool late = under.ended();
        const errc code = late ? errc::own_timeout : why.code;
        return attempt{code, words_for(code), true};
    };
    auto resolving = resolver_.resolve(url_.where.host, url_.where.port, under);
    const auto found = co_await resolving;
    if (!found) {
        co_return failed(found.error());
    }
    attempt last{errc::connect_failed, "no address", true};
    for (const runtime::endpoint& at : *found) {
        http::client with{through_, at};
        auto asking = with.exchange(http1::method_id::post, text, under);
        const auto told = co_await asking;
        if (told) {
            const bool taken = told->status >= 200 && told->status < 300;
            const bool again = told->status == 429 || told->status >= 500;
            co_return attempt{
                taken ? std::nullopt : std::optional{errc::upstream_protocol},
                "answered " + std::to_string(told->status),
                again
            };
        }
        last = failed(told.error());
        if (with.progress().sent_at || under.ended()) {
            break;
        }
    }
    co_return last;
}

runtime::task<delivery> webhook::deliver(const notice& what, runtime::scope& under) {
    runtime::loop& on = under.on();
    const time_point began = on.now();
    const time_point end = add_saturated(began, rules_.timeout);
    const std::string text = request_of(what);
    attempt last;
    std::uint32_t made = 0;
    for (duration pause = first_pause; made <= rules_.retries; pause *= 2) {
        const duration left = end - on.now();
        if (left <= duration::zero() || under.ended()) {
            break;
        }
        runtime::scope trying{
            under, bound::after(on.now(), left / (rules_.retries + 1 - made), "sink.timeout")
        };
        auto asking = try_once(text, trying);
        last = co_await asking;
        ++made;
        if (!last.again || made > rules_.retries) {
            break;
        }
        const duration random = pause / 2 + pause * (random_() % 1024) / 1024;
        auto resting = runtime::sleep_until{under, std::min(on.now() + random, end)};
        co_await resting;
    }
    co_return delivery{last.wrong, last.said + count_of(made), on.now() - began};
}

}  // namespace curfew::alerts
