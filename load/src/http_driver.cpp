#include <curfew/load/counter_random.hpp>
#include <curfew/load/http_driver.hpp>
#include <curfew/runtime/sleep.hpp>

#include <algorithm>

namespace curfew::load {
namespace {

constexpr std::uint64_t target_stream = 2;
constexpr std::uint64_t target_numbers = 1000;

error_category category_of(const failure& why, const http::exchange_progress& progress) {
    switch (why.code) {
        case errc::own_timeout:
            return progress.answer_begun ? error_category::timeout_total
                                         : error_category::timeout_first_byte;
        case errc::connect_timeout:
            return error_category::connect_timeout;
        case errc::connect_refused:
            return error_category::connect_refused;
        case errc::upstream_closed:
            return error_category::eof;
        case errc::upstream_protocol:
            return error_category::protocol;
        case errc::local_resource:
            return error_category::local_resource;
        default:
            return error_category::reset;
    }
}

bool names_open_breaker(std::string_view problem) {
    return problem.find("breaker_open") != problem.npos ||
           problem.find("breaker-open") != problem.npos;
}

}  // namespace

http_driver::http_driver(
    runtime::network& through,
    const schedule& plan,
    http_driver_options options,
    sample_sink& into,
    std::uint64_t first,
    std::uint64_t stride
)
    : network_{through},
      plan_{plan},
      options_{std::move(options)},
      sink_{into},
      first_{first},
      stride_{stride} {
    expects(options_.operations.size() == plan.operations(), "the mix weighs each operation");
    for (const auto& kind : options_.operations) {
        methods_.push_back(http1::find_method_id(kind.method));
    }
}

runtime::task<> http_driver::run(runtime::scope& under, time_point start) {
    runtime::scope requests{under};
    schedule::walk walk{plan_, first_, stride_};
    auto woken = runtime::wake::ready;
    for (auto next = walk.next(); next; next = walk.next()) {
        const auto due = start + next->due;
        auto sleeping = runtime::sleep_until{under, due};
        woken = co_await sleeping;
        if (woken == runtime::wake::ended) {
            break;
        }
        ++numbers_.due;
        take({*next, due, under.on().outside().now()}, requests);
    }
    if (woken == runtime::wake::ended) {
        requests.cancel();
    }
    runtime::scope unhurried{under.on()};
    auto joining = open_.join(unhurried);
    co_await joining;
}

void http_driver::take(const due_request& next, runtime::scope& under) {
    if (numbers_.in_flight < options_.in_flight_max) {
        send(next, under);
        return;
    }
    numbers_.cap_reached = true;
    if (options_.when_full == overflow::shed) {
        end_unsent(next, error_category::not_sent, next.picked);
    } else {
        waiting_.push_back(next);
    }
}

void http_driver::send(const due_request& next, runtime::scope& under) {
    ++numbers_.tried;
    numbers_.in_flight_peak = std::max(numbers_.in_flight_peak, ++numbers_.in_flight);
    open_.spawn(one_request(next, under));
}

void http_driver::send_waiting(runtime::scope& under) {
    while (!waiting_.empty() && numbers_.in_flight < options_.in_flight_max && !under.ended()) {
        const auto next = waiting_.front();
        waiting_.pop_front();
        const auto patience_ends = next.due + options_.patience;
        if (under.on().now() >= patience_ends) {
            end_unsent(next, error_category::timeout_first_byte, patience_ends);
        } else {
            send(next, under);
        }
    }
}

void http_driver::end_unsent(const due_request& which, error_category why, time_point done) {
    end({which.what.index, which.what.operation, {which.due, which.picked, done, done}, why});
}

void http_driver::end(const sample& what) {
    ++numbers_.ended;
    numbers_.local_errors += what.error == error_category::local_resource ? 1 : 0;
    sink_.record(what);
}

runtime::task<> http_driver::one_request(due_request which, runtime::scope& under) {
    auto connection = take_connection();
    const auto text = text_of(which.what);
    {
        const deadline patience_ends{which.due + options_.patience};
        runtime::scope own{under, {patience_ends, true, "client.timeout", options_.patience}};
        auto exchanging = connection->exchange(methods_[which.what.operation], text, own);
        const auto answered = co_await exchanging;
        const auto done = under.on().outside().now();
        if (!under.ended()) {
            const auto& progress = connection->progress();
            sample told{which.what.index, which.what.operation, {}};
            told.at = {which.due, which.picked, progress.sent_at.value_or(done), done};
            told.error = answered ? category_of_status(answered->status)
                                  : category_of(answered.error(), progress);
            told.breaker_open = answered && ending_of(told.error) == ending::refused &&
                                names_open_breaker(answered->body);
            end(told);
        }
    }
    --numbers_.in_flight;
    if (connection->connected()) {
        idle_.push_back(std::move(connection));
    }
    send_waiting(under);
}

std::unique_ptr<http::client> http_driver::take_connection() {
    if (idle_.empty()) {
        return std::make_unique<http::client>(network_, options_.target);
    }
    auto last = std::move(idle_.back());
    idle_.pop_back();
    return last;
}

std::string http_driver::text_of(const arrival& what) const {
    const auto& kind = options_.operations[what.operation];
    std::string target = kind.target;
    if (const auto at = target.find("{n}"); at != std::string::npos) {
        const auto number = 1 + random_bits(0, target_stream, what.index) % target_numbers;
        target.replace(at, 3, std::to_string(number));
    }
    std::string text = kind.method + " " + target + " HTTP/1.1\r\nHost: " + options_.host + "\r\n";
    if (!kind.body.empty()) {
        text += "Content-Type: application/json\r\n";
        text += "Content-Length: " + std::to_string(kind.body.size()) + "\r\n";
    }
    return text + "\r\n" + kind.body;
}

}  // namespace curfew::load
