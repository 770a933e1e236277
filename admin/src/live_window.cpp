#include "adaptive_status.hpp"
#include "route_names.hpp"
#include <curfew/admin/live_window.hpp>
#include <curfew/core/rfc3339.hpp>

#include <algorithm>

namespace curfew::admin {

namespace {

using gateway::snapshot;

/// Adds what `now` counted beyond `before`.
void add_difference(histogram& to, const histogram& now, const histogram& before) {
    histogram::totals more;
    more.above = now.above() - std::min(now.above(), before.above());
    more.sum = now.sum() - before.sum();
    for (std::size_t i = 0; i < histogram::bucket_count; ++i) {
        const auto bucket = now.at(i);
        const std::uint64_t had = before.at(i).count;
        if (bucket.count > had) {
            to.add_bucket(i, bucket.count - had);
            more.max = std::min(bucket.upper, now.max());
        }
    }
    if (more.above > 0) {
        more.max = now.max();
    }
    to.add_totals(more);
}

std::string text_of(const trace_context& trace) {
    const auto text = format_trace(trace);
    return {text.data(), text.size()};
}

live_call call_of(const gateway::live_request& from) {
    live_call made;
    made.route = from.name;
    made.method = to_string(from.method);
    made.stage = to_string(from.at);
    made.attempt = from.number;
    made.age = from.age;
    made.in_stage = from.in_stage;
    made.left = from.left;
    made.hanging = from.hanging;
    made.abandoned = from.abandoned;
    made.trace_id = text_of(from.trace);
    return made;
}

void add_totals(live_state& to, const snapshot& from, const process::process_sample& process) {
    to.version = from.version;
    to.uptime = from.uptime;
    to.ready = from.ready;
    to.draining = from.draining;
    to.observe = from.observe;
    to.memory_percent = process.memory_percent;
    to.cpu_percent = process.cpu_percent;
    to.resident_bytes = process.resident_bytes;
    to.in_flight = from.in_flight;
    to.in_flight_limit = from.in_flight_cap;
    to.queued = from.queued;
    to.connections = from.connections;
    to.calls_count = from.live.count();
    for (const auto& each : from.live.kept()) {
        to.calls.push_back(call_of(each));
    }
    for (const auto& each : from.upstreams) {
        to.upstreams.push_back(
            {each.name, each.up, each.limit, each.in_flight, each.queued, each.abandoned}
        );
    }
    for (const auto& each : from.pressure) {
        if (each.value > 0) {
            to.pressure.push_back({each.name, each.value});
        }
    }
    if (!from.backend.state.empty()) {
        to.backend = {from.backend.state, from.backend.restarts, from.backend.last_exit};
    }
}

}  // namespace

void live_window::counts::add(const counts& more) noexcept {
    requests += more.requests;
    timeouts += more.timeouts;
    failures += more.failures;
    refused += more.refused;
}

live_window::counts live_window::counts::since(const counts& before) const noexcept {
    return {
        requests - before.requests,
        timeouts - before.timeouts,
        failures - before.failures,
        refused - before.refused,
    };
}

live_window::counts live_window::counts_of(const gateway::route_numbers& numbers) noexcept {
    const auto ended = [&](outcome how) {
        return numbers.by_outcome[static_cast<std::size_t>(how)];
    };
    const auto why = [&](cause_kind kind) {
        return numbers.by_cause[static_cast<std::size_t>(kind)];
    };
    return {
        numbers.requests(),
        ended(outcome::timeout),
        ended(outcome::failure),
        why(cause_kind::shed) + why(cause_kind::breaker_open),
    };
}

void live_window::open_slice(const snapshot& picture, time_point now) {
    whole_run_ = !std::exchange(fed_, true);
    if (whole_run_) {
        slices_.push_back({now - picture.uptime, {}});
        last_ = now - picture.uptime;
        return;
    }
    if (slices_.size() == 1 && slices_.front().begun < last_ - slice_length) {
        slices_.clear();  // that of the whole run
    }
    if (slices_.empty() || last_ - slices_.back().begun >= slice_length) {
        slices_.push_back({last_, {}});
    }
    if (slices_.size() > slices) {
        slices_.pop_front();
    }
}

live_route live_window::take_route(
    const std::string& name, const gateway::route_snapshot& route, double seconds
) {
    auto& known = before_[name];
    const counts so_far = counts_of(route.numbers);
    if (!known || known->so_far.requests > so_far.requests) {
        known = std::make_unique<figures>();
    }
    const counts fresh = so_far.since(known->so_far);
    if (fresh.requests > 0) {
        auto& kept = slices_.back().routes[name];
        if (!kept) {
            kept = std::make_unique<figures>();
        }
        kept->so_far.add(fresh);
        add_difference(kept->times, route.numbers.whole, known->times);
        known->so_far = so_far;
        known->times = route.numbers.whole;
    }
    figures sum;
    for (const slice& each : slices_) {
        if (const auto found = each.routes.find(name); found != each.routes.end()) {
            sum.so_far.add(found->second->so_far);
            sum.times.merge(found->second->times);
        }
    }
    live_route made;
    made.name = name;
    made.upstream = route.upstream;
    made.rate = seconds > 0 ? static_cast<double>(fresh.requests) / seconds : 0;
    made.requests = sum.so_far.requests;
    made.timeouts = sum.so_far.timeouts;
    made.failures = sum.so_far.failures;
    made.refused = sum.so_far.refused;
    if (sum.times.count() > 0) {
        made.p50 = sum.times.quantile(0.50);
        made.p95 = sum.times.quantile(0.95);
        made.p99 = sum.times.quantile(0.99);
    }
    made.in_flight = route.in_flight;
    made.queued = route.queued;
    made.hanging = route.hanging;
    made.abandoned = route.abandoned;
    made.breaker = to_string(route.breaker);
    if (route.breaker == breaker_state::open) {
        made.retry_after = route.retry_after;
    }
    if (route.adaptive) {
        made.adaptive = adaptive_mode_of(*route.adaptive);
        made.adaptive_state = to_string(route.adaptive->told.state);
        made.adaptive_limit = route.adaptive->told.limit;
    }
    return made;
}

void live_window::forget_others(const std::vector<std::string>& names) {
    const auto gone = [&](const auto& each) {
        return std::ranges::find(names, each.first) == names.end();
    };
    if (before_.size() > names.size()) {
        std::erase_if(before_, gone);
    }
}

live_state live_window::take(
    const snapshot& picture,
    const process::process_sample& process,
    time_point now,
    wall_time at,
    const ledger::status* book
) {
    const auto names = route_names(picture);
    open_slice(picture, now);
    live_state made;
    made.timestamp = rfc3339(at);
    made.status = to_string(health_of(picture, book));
    if (const auto problems = problems_of(picture, book); !problems.empty()) {
        const auto more = problems.size() - 1;
        made.problem =
            problems.front() + (more > 0 ? ", and " + std::to_string(more) + " more" : "");
    }
    add_totals(made, picture, process);
    made.ledger.state = book == nullptr ? "off" : to_string(book->is);
    if (book != nullptr && book->is == ledger::status::condition::failing) {
        made.ledger.trouble = book->reason;
    }
    const double seconds = std::chrono::duration<double>(now - last_).count();
    counts bad_before;
    for (const auto& [name, each] : before_) {
        bad_before.add(each->so_far);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        live_route route = take_route(names[i], picture.routes[i], seconds);
        const auto& upstreams = picture.upstreams;
        const auto its =
            std::ranges::find(upstreams, route.upstream, &gateway::upstream_snapshot::name);
        if (its != upstreams.end()) {
            route.limit = its->route_cap;
        }
        made.rate += route.rate;
        made.routes.push_back(std::move(route));
    }
    forget_others(names);
    counts bad_now;
    for (const auto& [name, each] : before_) {
        bad_now.add(each->so_far);
    }
    const auto bad = [](const counts& of) { return of.timeouts + of.failures + of.refused; };
    if (seconds > 0 && bad(bad_now) > bad(bad_before)) {
        made.bad_rate = static_cast<double>(bad(bad_now) - bad(bad_before)) / seconds;
    }
    made.window = now - slices_.front().begun;
    made.since_start = whole_run_;
    last_ = now;
    return made;
}

}  // namespace curfew::admin
