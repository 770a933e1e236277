#include "alerting.hpp"

#include <curfew/admin/alerts_view.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/suggest.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/sleep.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <utility>

namespace curfew::cli {

namespace {

constexpr auto pace = std::chrono::seconds{1};
constexpr auto farewell_most = std::chrono::seconds{2};
constexpr auto longest_silence = std::chrono::hours{24 * 7};
constexpr std::size_t names_told = 16;

alerts::wall_time wall_now() {
    return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

/// The value of a query's parameter; names and durations need no decoding.
std::string_view parameter(std::string_view query, std::string_view name) noexcept {
    while (!query.empty()) {
        const auto part = query.substr(0, query.find('&'));
        if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) {
            return part.substr(name.size() + 1);
        }
        query.remove_prefix(std::min(part.size() + 1, query.size()));
    }
    return {};
}

http::response bad_request(std::string sentence) {
    return {400, "text/plain; charset=utf-8", std::move(sentence) + '\n'};
}

/// What somebody is told is logged where only problems are.
policy::severity level_of(const alerts::change& what) noexcept {
    const bool told = alerts::is_told(what.what) && !what.silenced;
    return told ? policy::severity::warning : policy::severity::info;
}

}  // namespace

alerts::source alert_source(const policy::policy& rules) {
    std::array<char, 256> host{};
    (void)::gethostname(host.data(), host.size() - 1);
    return {CURFEW_VERSION, rules.environment, host.data(), ::getpid()};
}

alerting::alerting(
    runtime::loop& on,
    runtime::network& through,
    std::shared_ptr<const policy::policy> rules,
    event_log& log
)
    : loop_{on},
      network_{through},
      rules_{std::move(rules)},
      log_{log},
      engine_{rules_->alerts, on.now()},
      scope_{on},
      farewell_{on} {}

void alerting::add_to(admin_site& site) {
    site.add("/-/alerts", admin::purpose::reads, [this](const http::request& asked) {
        return list(asked);
    });
    site.add("/-/alerts/silence", admin::purpose::changes, [this](const http::request& asked) {
        return silence(asked);
    });
}

void alerting::begin(recorder record, std::function<std::optional<ledger::status>()> ledger) {
    record_ = std::move(record);
    ledger_ = std::move(ledger);
    ids_ = process::make_marker();
    seed_ = static_cast<std::uint64_t>(::getpid());
    make_outboxes();
    if (wanted()) {
        watching_ = true;
        tasks_.spawn(watch());
    }
}

/// One for each sink of the policy; one that is as it was stays.
void alerting::make_outboxes() {
    std::vector<place> before = std::exchange(places_, {});
    if (wanted()) {
        for (const policy::sink_policy& each : rules_->sinks) {
            const auto old = std::ranges::find(before, each, &place::rules);
            if (old != before.end()) {
                places_.push_back(std::move(*old));
                before.erase(old);
                continue;
            }
            auto to =
                alerts::make_sink(loop_, network_, host_, each, alert_source(*rules_), ++seed_);
            places_.push_back(
                {each,
                 std::make_unique<alerts::outbox>(
                     loop_,
                     each.name,
                     std::move(to),
                     ids_ + '-' + std::to_string(seed_),
                     wall_now,
                     [this](std::string_view sink, const auto& what, const auto& how, bool news) {
                         tell_delivery(sink, what, how, news);
                     }
                 )}
            );
        }
    }
    std::erase_if(retired_, [](const auto& each) { return each->over(); });
    for (place& each : before) {
        each.box->retire();
        retired_.push_back(std::move(each.box));
    }
}

void alerting::heard(const event& what, ledger::wall_time) noexcept {
    if (!attentive()) {
        return;
    }
    // Without memory an event is not looked at, as if a full ring had dropped it.
    try {
        const std::lock_guard held{lock_};
        if (what.where != surface::supervisor) {
            engine_.take(alerts::sample_of(what, ledger::is_near_miss(what)));
        } else if (what.name == "restart") {
            engine_.take(alerts::incident::restart, 1, what.started);
        } else if (what.name == "hang") {
            engine_.take(alerts::incident::hang, 1, what.started);
        }
    } catch (const std::bad_alloc&) {
        const std::lock_guard held{lock_};
        engine_.take(alerts::incident::dropped, 1, what.started);
    }
}

void alerting::drained(time_point now, std::uint64_t dropped) noexcept {
    const std::lock_guard held{lock_};
    if (dropped > dropped_) {
        engine_.take(alerts::incident::dropped, dropped - dropped_, now);
        dropped_ = dropped;
    }
}

runtime::task<> alerting::watch() {
    for (;;) {
        auto resting = runtime::sleep_until{scope_, add_saturated(loop_.now(), pace)};
        const auto woken = co_await resting;
        if (woken == runtime::wake::ended) {
            co_return;
        }
        const auto book = ledger_();
        std::vector<alerts::change> changes;
        {
            const std::lock_guard held{lock_};
            engine_.tell_ledger(book && book->is == ledger::status::condition::failing);
            changes = engine_.step(loop_.now());
        }
        tell(changes);
    }
}

void alerting::adopt(std::shared_ptr<const policy::policy> rules) {
    std::vector<alerts::change> ended;
    {
        const std::lock_guard held{lock_};
        ended = engine_.adopt(rules->alerts, loop_.now());
    }
    tell(ended);
    rules_ = std::move(rules);
    make_outboxes();
    if (wanted() && !watching_.exchange(true)) {
        tasks_.spawn(watch());
    }
}

bool alerting::goes_to(const policy::alert_policy& rule, std::string_view sink) const {
    return rule.sinks.empty() || std::ranges::find(rule.sinks, sink) != rule.sinks.end();
}

void alerting::tell(const std::vector<alerts::change>& changes) {
    for (const alerts::change& each : changes) {
        const std::string sentence = "alert " + alerts::sentence_of(each);
        log_.say(level_of(each), sentence);
        record_("alert " + each.now.alert, to_string(each.what), sentence);
        if (!alerts::is_told(each.what) || each.silenced) {
            continue;
        }
        for (const place& to : places_) {
            if (goes_to(each.rule, to.rules.name)) {
                to.box->put(each);
            }
        }
    }
}

void alerting::tell_delivery(
    std::string_view sink, const alerts::notice& what, const alerts::delivery& how, bool news
) {
    const std::string name{sink};
    const std::string count = std::to_string(what.changes.size() + what.left_out);
    record_("alert sink " + name, how.good() ? "sent" : "failed", how.said);
    if (!news) {
        return;
    }
    log_.say(
        how.good() ? policy::severity::info : policy::severity::warning,
        how.good() ? "the sink " + name + " takes alerts again: " + how.said
                   : "an alert did not reach the sink " + name + ": " + how.said + " (" + count +
                         " lost; said once until it works again)"
    );
}

std::optional<alerts::status> alerting::state() const {
    if (!wanted()) {
        return std::nullopt;
    }
    alerts::status now;
    {
        const std::lock_guard held{lock_};
        now.alerts = engine_.summaries(loop_.now());
    }
    for (const place& each : places_) {
        now.sinks.push_back({each.rules.name, each.box->state()});
    }
    return now;
}

runtime::task<http::response> alerting::list(const http::request& asked) {
    const alerts::status now = state().value_or(alerts::status{});
    if (asked.query == "text") {
        co_return http::response{
            200, "text/plain; charset=utf-8", admin::render_alerts_text(now, true)
        };
    }
    co_return http::response{200, "application/json", admin::render_alerts(now, true)};
}

std::string alerting::no_such_alert(std::string_view name) const {
    std::vector<std::string_view> known;
    for (const policy::alert_policy& each : rules_->alerts) {
        known.push_back(each.name);
    }
    std::string text = "There is no alert of that name";
    if (const auto near = policy::closest(name, known)) {
        return text.append("; did you mean ").append(*near).append("?\n");
    }
    text += known.empty() ? ", and no other." : "; there are:";
    for (std::size_t i = 0; i < known.size() && i < names_told; ++i) {
        text.append(" ").append(known[i]);
    }
    return text + (known.size() > names_told ? " ...\n" : "\n");
}

runtime::task<http::response> alerting::silence(const http::request& asked) {
    const std::string name{parameter(asked.query, "name")};
    const auto time = policy::parse_duration(parameter(asked.query, "for"));
    if (name.empty() || !time || *time > longest_silence) {
        co_return bad_request("It takes ?name=ALERT&for=DURATION, of at most 168h.");
    }
    bool known = false;
    {
        const std::lock_guard held{lock_};
        known = engine_.silence(name, *time, loop_.now());
    }
    if (!known) {
        co_return http::response{404, "text/plain; charset=utf-8", no_such_alert(name)};
    }
    const bool ends = *time == duration::zero();
    const std::string sentence =
        "alert " + name +
        (ends ? " is silenced no more" : " is silenced for " + policy::format_duration(*time));
    log_.say(policy::severity::info, sentence);
    record_("alert " + name, ends ? "heard" : "silenced", sentence);
    co_return http::response{200, "text/plain; charset=utf-8", sentence + '\n'};
}

runtime::task<> alerting::close() {
    runtime::scope always{loop_};
    scope_.end({cause_kind::shutdown});
    auto joining = tasks_.join(always);
    co_await joining;
    for (place& each : places_) {
        retired_.push_back(std::move(each.box));
    }
    places_.clear();
    farewell_.rebound(bound::after(loop_.now(), farewell_most, "alerts"));
    for (const auto& each : retired_) {
        auto closing = each->close(farewell_);
        co_await closing;
    }
}

}  // namespace curfew::cli
