#include "key_row.hpp"

#include <array>
#include <limits>
#include <vector>

namespace curfew::policy {

namespace {

using namespace row;

constexpr range consecutive = counts(1, 1'000'000);
constexpr range reset = times(100ms, 24h);
constexpr range rate = fractions(0.01, 1);
constexpr range window = times(1s, 1h);
constexpr range calls = counts(1, 1'000'000);
constexpr range permits = counts(1, 16);
constexpr range lease = times(10ms, 24h);
constexpr range patience = times(1ms, 24h);
constexpr range places = counts(1, 1'000'000);
constexpr range accepted = fractions(0.0001, 0.1);

// clang-format off
const std::array serving_table{
    key{"server.listen", server<&server_policy::listen>, anything,
        "Where requests are accepted. Port 0 picks a free one; the ready line tells which."},
    key{"server.admin", server<&server_policy::admin>, anything,
        "Where health and metrics are answered. Beyond loopback it needs `server.admin_token`."},
    key{"server.admin_token", server<&server_policy::admin_token>, text_rule::secret,
        "What the admin listener asks for as `Authorization: Bearer TOKEN`; empty: nothing."},
    key{"server.admin_hosts", server<&server_policy::admin_hosts>, text_rule::host,
        "Host names that the admin listener answers to beside `localhost`, 127.0.0.0/8 and [::1], "
        "while it listens on loopback; without ports. So no web page gets at it by a name of its "
        "own that points here."},
    key{"server.workers", server<&server_policy::workers>, counts(1, 256),
        "Event loops, one a thread; connections stay on the loop that accepted them."},
    key{"server.connections_max", server<&server_policy::connections_max>, counts(1, 10'000'000),
        "Client connections held open at once, over all workers. Beyond it the one that has been "
        "without a request the longest is closed for the next; while each has one in progress, "
        "none is accepted. Lowered at the start to what the descriptors (`ulimit -n`) are enough "
        "for, at two a client."},
    key{"server.log_level", server<&server_policy::log_level>, anything,
        "The least severity that is logged."},
    key{"server.log_format", server<&server_policy::log_format>, anything,
        "Log lines for people (text) or for machines (json)."},
    key{"server.health_path", server<&server_policy::health_path>, text_rule::path,
        "A path on the main listener that Curfew answers itself with its health: the status "
        "alone, such as on \"/health\"; empty: none."},
    key{"server.trusted_proxies", server<&server_policy::trusted_proxies>, anything,
        "The proxies in front, as CIDR blocks, whose word about the client (X-Forwarded-*, "
        "Forwarded, X-Real-IP, X-Client-IP, X-Original-URL, X-Rewrite-URL) is believed; from "
        "others those fields are dropped."},
    key{"server.drain_delay", server<&server_policy::drain_delay>, times(0s, 1h),
        "When Curfew is told to stop it is not ready from that moment on, and serves on as before "
        "for so long, so that load balancers notice and send nobody any more."},
    key{"server.drain", server<&server_policy::drain>, times(0s, 1h),
        "How long, after that, requests in flight and those that come on open connections may "
        "finish; what is left then is broken off."},

    key{"request.timeout", request<&request_policy::timeout>, patience,
        "From the arrival of a request to the headers of its response, whatever happens between. "
        "A caller shortens it by X-Curfew-Timeout-Ms, X-Request-Timeout, grpc-timeout or "
        "x-envoy-expected-rq-timeout-ms; a number of zero or less has expired already."},
    key{"request.body_idle", request<&request_policy::body_idle>, patience,
        "The longest pause between two pieces of a body, in either direction."},
    key{"request.stream_idle", request<&request_policy::stream_idle>, patience,
        "The longest pause in an event stream (`text/event-stream`), instead of `body_idle`."},
    key{"request.slow", request<&request_policy::slow>, patience,
        "A request that takes longer is logged with where its time went, and counts as slow."},
    key{"request.adaptive", request<&request_policy::adaptive>, anything,
        "A second limit that follows what a route's requests really take, from their sending to "
        "the headers of the response, and ends those that take far longer; never after "
        "`timeout`. \"observe\" counts what it would end and ends nothing. See "
        "docs/adaptive-timeouts.md."},
    key{"request.adaptive_floor", request<&request_policy::adaptive_floor>, patience,
        "The adaptive limit is never shorter."},
    key{"request.adaptive_false_timeouts", request<&request_policy::adaptive_false_timeouts>,
        accepted,
        "The part of the requests it may end although they would have been answered; it begins "
        "to work after 3 divided by this were: 3000 with the default."},

    key{"http.header_timeout", http<&http_policy::header_timeout>, patience,
        "From the first byte of a request to its whole head, and of a new connection from its "
        "accept; trickling bytes do not extend it."},
    key{"http.keep_alive", http<&http_policy::keep_alive>, patience,
        "How long a connection may wait for its next request. At `server.connections_max` the one "
        "that has waited the longest is closed to make room."},
    key{"http.write_idle", http<&http_policy::write_idle>, patience,
        "How long a client may take nothing of its response before it is disconnected."},
    key{"http.header_bytes", http<&http_policy::header_bytes>, sizes(1 * kib, 1 * mib),
        "All header fields of a message together."},
    key{"http.header_count", http<&http_policy::header_count>, counts(10, 1'000),
        "The number of header fields of a message, those of its trailer included."},
    key{"http.target_bytes", http<&http_policy::target_bytes>, sizes(256, 64 * kib),
        "The request target, query included."},
    key{"http.body_bytes", http<&http_policy::body_bytes>, sizes(1, 1024 * gib),
        "The largest request body. Bodies are streamed, so without a cap they cost no memory."},
    key{"http.body_buffer", http<&http_policy::body_buffer>, sizes(1, 64 * kib),
        "A request body of at most this length is received whole before a place is asked for, so "
        "that a slow client keeps no worker of the backend busy; off: every body is streamed, as "
        "longer and chunked ones are."},
    key{"http.response_buffer", http<&http_policy::response_buffer>, sizes(64 * kib, 16 * mib),
        "How much of a response is read ahead of a client that is slow to take it, so that it "
        "keeps no worker of the backend busy; over all of them 64 MiB, for each of our workers. "
        "Off: the upstream waits for its client, as event streams always do."},
    key{"http.body_rate", http<&http_policy::body_rate>, sizes(1, 1 * gib),
        "The least bytes a second a client must send of its body, over any `request.body_idle`, "
        "and take of a response's, over any `http.write_idle`, until the last piece of it. "
        "Only time in which the client is waited for counts; event streams are exempt."},

    key{"gateway.in_flight", gateway<&gateway_policy::in_flight>, places,
        "Requests at the upstreams at once, over all routes, abandoned work included."},
    key{"gateway.queue", gateway<&gateway_policy::queue>, counts(0, 100'000),
        "Requests that may wait for a place, a route. They leave it by their deadline."},
    key{"gateway.observe", gateway<&gateway_policy::observe>, anything,
        "Guards decide and record, and refuse nothing."},
    key{"gateway.retry", gateway<&gateway_policy::retry>, anything,
        "A repeatable request (idempotent, no body) that was lost before any answer is sent once "
        "more: on a reused connection at once, in a crash of the supervised backend after it."},
    key{"gateway.routes_max", gateway<&gateway_policy::routes_max>, counts(1, 4'096),
        "Routes derived from the traffic when the file names none; what comes later is `other`."},
    key{"gateway.abandoned_age", gateway<&gateway_policy::abandoned_age>, times(1s, 24h),
        "How long work that outlived its deadline keeps its place before it is taken for over."},

    key{"limiter.initial", limiter<&limiter_policy::initial>, places,
        "Requests an upstream gets at once to begin with; latency and timeouts move it."},
    key{"limiter.floor", limiter<&limiter_policy::floor>, places,
        "The adaptive limit never falls below it."},
    key{"limiter.ceiling", limiter<&limiter_policy::ceiling>, places,
        "The adaptive limit never rises above it."},
    key{"limiter.route_share", limiter<&limiter_policy::route_share>, fractions(0.01, 1),
        "The part of an upstream's limit one route may hold, so that a hung one leaves room."},
    key{"limiter.tolerance", limiter<&limiter_policy::tolerance>, fractions(1.01, 100),
        "How many times its usual latency an upstream may take before its limit falls."},

    key{"breaker.consecutive_failures", breaker<&breaker_policy::consecutive_failures>, consecutive,
        "Failures in a row, own timeouts included, that open it."},
    key{"breaker.reset", breaker<&breaker_policy::reset>, reset,
        "How long it stays open before probes are let through."},
    key{"breaker.failure_rate", breaker<&breaker_policy::failure_rate>, rate,
        "The part of failed calls in the window that opens it too."},
    key{"breaker.slow_rate", breaker<&breaker_policy::slow_rate>, rate,
        "The part of slow calls in the window that opens it too: no answer within `request.slow`."},
    key{"breaker.window", breaker<&breaker_policy::window>, window,
        "The time both rates are taken over."},
    key{"breaker.min_calls", breaker<&breaker_policy::min_calls>, calls,
        "Calls the window must hold before a rate counts."},
    key{"breaker.half_open_permits", breaker<&breaker_policy::half_open_permits>, permits,
        "Probes at once while half open; as many must succeed to close it."},
    key{"breaker.probe_lease", breaker<&breaker_policy::probe_lease>, lease,
        "A probe without a verdict for so long counts as failed."},

    key{"upstream.*.urls", upstream<&upstream_policy::urls>, anything,
        "Where its backends answer; at least one, at most 256."},
    key{"upstream.*.balance", upstream<&upstream_policy::balance>, anything,
        "How a backend is picked when there are several. One that hangs or fails while others "
        "answer rests, and is tried by one request at a time."},
    key{"upstream.*.connect_timeout", upstream<&upstream_policy::connect_timeout>, patience,
        "Name lookup and TCP connect together."},
    key{"upstream.*.idle_timeout", upstream<&upstream_policy::idle_timeout>, patience,
        "An unused connection is closed after it. Keep it below the backend's own keep-alive."},
    key{"upstream.*.idle_max", upstream<&upstream_policy::idle_max>, places,
        "Idle connections kept, for each endpoint and worker; it limits none that is in use."},
    key{"upstream.*.max_age", upstream<&upstream_policy::max_age>, times(1s, 24h * 30),
        "A connection older than it is not used again."},

    key{"route.*.name", route<&route_policy::name>, text_rule::name,
        "What metrics, health and refusals call it. By default its methods, host and path."},
    key{"route.*.host", route<&route_policy::host>, text_rule::host,
        "The host it serves, without a port; \"*.example.org\" serves any name below it; empty: "
        "any."},
    key{"route.*.path", route<&route_policy::path>, text_rule::path,
        "The path prefix it serves, in whole segments: \"/a\" serves /a and /a/b, not /ab."},
    key{"route.*.methods", route<&route_policy::methods>, text_rule::method,
        "The methods it serves; empty: any."},
    key{"route.*.upstream", route<&route_policy::upstream>, text_rule::name,
        "Where its requests go; may be left out where there is only one upstream."},
    key{"route.*.timeout", limits<&route_limits::timeout>, patience,
        "As `request.timeout`, for this route.", "request.timeout"},
    key{"route.*.body_idle", limits<&route_limits::body_idle>, patience,
        "As `request.body_idle`, for this route.", "request.body_idle"},
    key{"route.*.in_flight", limits<&route_limits::in_flight>, places,
        "As `gateway.in_flight`, for this route alone.", "gateway.in_flight"},
    key{"route.*.queue", limits<&route_limits::queue>, counts(0, 100'000),
        "As `gateway.queue`, for this route.", "gateway.queue"},
    key{"route.*.retry", limits<&route_limits::retry>, anything,
        "As `gateway.retry`, for this route.", "gateway.retry"},
    key{"route.*.adaptive", limits<&route_limits::adaptive>, anything,
        "As `request.adaptive`, for this route.", "request.adaptive"},
    key{"route.*.adaptive_floor", limits<&route_limits::adaptive_floor>, patience,
        "As `request.adaptive_floor`, for this route.", "request.adaptive_floor"},
    key{"route.*.adaptive_false_timeouts", limits<&route_limits::adaptive_false_timeouts>,
        accepted,
        "As `request.adaptive_false_timeouts`, for this route.",
        "request.adaptive_false_timeouts"},
    key{"route.*.breaker.consecutive_failures",
        route_breaker<&breaker_policy::consecutive_failures>, consecutive,
        "As `breaker.consecutive_failures`, for this route.", "breaker.consecutive_failures"},
    key{"route.*.breaker.reset", route_breaker<&breaker_policy::reset>, reset,
        "As `breaker.reset`, for this route.", "breaker.reset"},
    key{"route.*.breaker.failure_rate", route_breaker<&breaker_policy::failure_rate>, rate,
        "As `breaker.failure_rate`, for this route.", "breaker.failure_rate"},
    key{"route.*.breaker.slow_rate", route_breaker<&breaker_policy::slow_rate>, rate,
        "As `breaker.slow_rate`, for this route.", "breaker.slow_rate"},
    key{"route.*.breaker.window", route_breaker<&breaker_policy::window>, window,
        "As `breaker.window`, for this route.", "breaker.window"},
    key{"route.*.breaker.min_calls", route_breaker<&breaker_policy::min_calls>, calls,
        "As `breaker.min_calls`, for this route.", "breaker.min_calls"},
    key{"route.*.breaker.half_open_permits",
        route_breaker<&breaker_policy::half_open_permits>, permits,
        "As `breaker.half_open_permits`, for this route.", "breaker.half_open_permits"},
    key{"route.*.breaker.probe_lease", route_breaker<&breaker_policy::probe_lease>, lease,
        "As `breaker.probe_lease`, for this route.", "breaker.probe_lease"},

    key{"backend.command", backend<&backend_policy::command>, text_rule::any,
        "The command to start and keep running, one word an element; no shell is involved."},
    key{"backend.ready_path", backend<&backend_policy::ready_path>, text_rule::path,
        "Ready when a GET of it answers 2xx or 3xx; empty: when a connection is accepted."},
    key{"backend.ready_timeout", backend<&backend_policy::ready_timeout>, patience,
        "How long a start may take until it is ready."},
    key{"backend.live_path", backend<&backend_policy::live_path>, text_rule::path,
        "Alive when a GET of it answers with less than 500. Empty: when a connection is accepted; "
        "but while requests hang, when a HEAD of `/` answers at all, and so while nothing is in "
        "flight, if one has answered since the start. One busy with requests that do not hang yet "
        "is not asked. A request hangs after four times its route's p99, at least 1 s (its whole "
        "limit, while fewer than 32 were answered)."},
    key{"backend.live_interval", backend<&backend_policy::live_interval>, patience,
        "From the beginning of one liveness probe to that of the next. A hang that can be seen is "
        "found within `backend.live_failures` times this and one `backend.live_timeout`; with the "
        "defaults 17s."},
    key{"backend.live_timeout", backend<&backend_policy::live_timeout>, patience,
        "How long one liveness probe may take."},
    key{"backend.live_failures", backend<&backend_policy::live_failures>, counts(1, 1'000),
        "Failed probes in a row after which it is restarted. If the last one got no answer, it is "
        "hung, and its stacks are dumped first."},
    key{"backend.grace", backend<&backend_policy::grace>, times(0s, 1h),
        "From SIGTERM to SIGKILL of its whole process tree."},
    key{"backend.backoff_min", backend<&backend_policy::backoff_min>, times(1ms, 1h),
        "The pause before the first restart; it doubles with each further one, and is short again "
        "after a start that served for as long as the pause before it, or was ready for 1m. "
        "Requests refused meanwhile are told it in Retry-After."},
    key{"backend.backoff_max", backend<&backend_policy::backoff_max>, times(1ms, 24h),
        "The longest pause before a restart."},
    key{"backend.crash_limit", backend<&backend_policy::crash_limit>, counts(1, 1'000),
        "Starts in a row that came to nothing, within `backend.crash_window`, after which it is "
        "not restarted any more. One that was ready and answered a request never counts; once one "
        "has, being ready is enough."},
    key{"backend.crash_window", backend<&backend_policy::crash_window>, times(1s, 24h),
        "The time over which such starts are counted."},
    key{"backend.prefix_output", backend<&backend_policy::prefix_output>, anything,
        "Puts a mark before each line the backend prints, or makes it a JSON object where the log "
        "is JSON; off, its output stays as it is."},
    key{"backend.stacks_on_timeout", backend<&backend_policy::stacks_on_timeout>, anything,
        "Looks where the backend hangs when a request to it has reached its own limit, at most "
        "once a minute: its threads stand still for some milliseconds meanwhile. `/-/stacks` "
        "shows the stacks; the log and the ledger have one line."},

    key{"access_log.destination", access_log<&access_log_policy::destination>, text_rule::any,
        "Where a JSON line for each request goes: \"stderr\", or a file by its path, which is "
        "opened again when it was moved away; \"off\": nowhere. Slow and failed requests are in "
        "the log without it."},
    key{"access_log.sample", access_log<&access_log_policy::sample>, fractions(0.001, 1),
        "The part of plain successes that get a line, chosen by their trace, so that every Curfew "
        "on the way chooses the same ones. What was slow or no success always has one."},

    key{"ledger.enabled", ledger<&ledger_policy::enabled>, anything,
        "Keeps a durable record of operations, which reports are made of."},
    key{"ledger.path", ledger<&ledger_policy::path>, text_rule::any,
        "Its file; empty: `curfew/ledger.db` in the state directory of the user (XDG). Of a ledger "
        "in a database only the directory counts: what waits for the database is kept there."},
    key{"ledger.store", ledger<&ledger_policy::store>, text_rule::store,
        "Where it is kept, if not in the file that `ledger.path` says: another file, or a database "
        "of PostgreSQL, `postgresql://USER:PASSWORD@HOST:PORT/NAME`, which many processes and "
        "hosts may share. Shown without user and password."},
    key{"ledger.spool_max", ledger<&ledger_policy::spool_max>, sizes(1 * mib, 64 * gib),
        "The most that may wait on this disk for a database that cannot be reached."},
    key{"ledger.size_max", ledger<&ledger_policy::size_max>, sizes(16 * mib, 1024 * gib),
        "The largest it grows; beyond it the oldest rows go first, then the oldest minutes."},
    key{"ledger.keep_rows", ledger<&ledger_policy::keep_rows>, times(1h, 24h * 3650),
        "How long single operations are kept."},
    key{"ledger.keep_minutes", ledger<&ledger_policy::keep_minutes>, times(1h, 24h * 3650),
        "How long the figures of each minute are kept. All operations are counted in them."},
    key{"ledger.success_rows", ledger<&ledger_policy::success_rows>, counts(0, 10'000),
        "Plain successes a second that get a row of their own; what is no plain success has one."},

    key{"alert.*.name", alert<&alert_policy::name>, text_rule::name,
        "What it is called: in notifications, metrics and `curfew alert`."},
    key{"alert.*.when", alert<&alert_policy::when>, text_rule::any,
        "The condition: `timeout_rate > 1% for 5m`. See docs/alerts.md."},
    key{"alert.*.surface", alert<&alert_policy::where>, anything,
        "The operations it is about: those of this part of Curfew."},
    key{"alert.*.operation", alert<&alert_policy::operation>, text_rule::name,
        "One operation (`GET /orders`), or with `*` for anything each that matches, by itself; "
        "empty: the whole surface, as one."},
    key{"alert.*.severity", alert<&alert_policy::severity>, anything,
        "How urgent it is, for whoever gets it."},
    key{"alert.*.window", alert<&alert_policy::window>, times(5s, 1h),
        "The time a rate, a share or a quantile is taken over, up to now."},
    key{"alert.*.min_calls", alert<&alert_policy::min_calls>, counts(1, 1'000'000),
        "With fewer calls in the window there is no figure: nothing is alarmed by three requests."},
    key{"alert.*.clear", alert<&alert_policy::clear>, text_rule::name,
        "Where it is over, such as \"0.5%\"; empty: at four fifths of the value."},
    key{"alert.*.clear_for", alert<&alert_policy::clear_for>, times(0s, 24h),
        "How long it must have been there until it is told to be resolved."},
    key{"alert.*.repeat", alert<&alert_policy::repeat>, times(1min, 24h * 7),
        "Told again so often while it lasts."},
    key{"alert.*.sinks", alert<&alert_policy::sinks>, text_rule::name,
        "Where it is sent; empty: to every sink."},
    key{"alert.*.silent", alert<&alert_policy::silent>, anything,
        "Watched and shown, but sent nowhere. For a while: `curfew alert silence`."},

    key{"sink.*.webhook", sink<&sink_policy::webhook>, text_rule::secret,
        "An http:// URL that gets each notification as a POST of JSON (docs/schema/alert.json). "
        "Its path is shown nowhere."},
    key{"sink.*.command", sink<&sink_policy::command>, text_rule::any,
        "Or a command that gets it on its standard input, one word an element; no shell is "
        "involved."},
    key{"sink.*.token", sink<&sink_policy::token>, text_rule::secret,
        "Sent to the webhook as `Authorization: Bearer TOKEN`; empty: none."},
    key{"sink.*.timeout", sink<&sink_policy::timeout>, times(10ms, 5min),
        "How long a notification may take, with all its attempts; then a command's whole process "
        "tree is killed."},
    key{"sink.*.retries", sink<&sink_policy::retries>, counts(0, 10),
        "Further attempts within that time, when a webhook did not take it."},
};

// clang-format on

}  // namespace

std::span<const key> keys() noexcept {
    static const auto all = [] {
        std::vector<key> joined{serving_table.begin(), serving_table.end()};
        const auto more = surroundings_keys();
        joined.insert(joined.end(), more.begin(), more.end());
        return joined;
    }();
    return all;
}

}  // namespace curfew::policy
