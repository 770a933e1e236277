#include "pressure_desk.hpp"

#include <curfew/admin/pressure_page.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/suggest.hpp>
#include <curfew/preflight/report.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace curfew::cli {

namespace {

using policy::sensor;

constexpr std::string_view text_plain = "text/plain; charset=utf-8";
constexpr std::string_view list_path = "/-/pressure";
constexpr std::string_view one_path = "/-/pressure/";
constexpr double millionths = 1'000'000;
constexpr int looks_kept = 3;  // what a sensor said is good until the third look after it

http::response refusal(int status, const policy::text_problem& why) {
    return {
        status, text_plain, why.sentence + (why.hint.empty() ? "" : "\nhint: " + why.hint) + '\n'
    };
}

std::vector<pressure_board::rules> board_rules(const policy::policy& of) {
    std::vector<pressure_board::rules> made;
    for (const auto& each : of.signals) {
        made.push_back({each.name, each.hold});
    }
    return made;
}

std::optional<double> nanoseconds(std::optional<duration> time) {
    return time ? std::optional{static_cast<double>(time->count())} : std::nullopt;
}

std::optional<double> share(std::optional<double> of) {
    return of ? std::optional{*of * millionths} : std::nullopt;
}

std::string was_and_is(const std::string& key, duration before, duration after) {
    return key + ' ' + policy::format_duration(before) + " to " + policy::format_duration(after);
}

bool stretches_something(const policy::signal_policy& of) noexcept {
    return of.source != sensor::none && !of.stretched.empty();
}

bool is_of_operations(const policy::signal_policy& of) noexcept {
    return of.source == sensor::connect_latency || of.source == sensor::pool_wait;
}

/// What one set of limits is beside another.
std::string difference(
    const std::vector<policy::stretched_limit>& before,
    const std::vector<policy::stretched_limit>& after
) {
    std::string text;
    const auto add = [&](const std::string& key, duration was, duration is) {
        if (was != is) {
            (text += text.empty() ? "" : ", ") += was_and_is(key, was, is);
        }
    };
    for (const auto& each : after) {
        const auto old = std::ranges::find(before, each.key, &policy::stretched_limit::key);
        add(each.key, old == before.end() ? each.base : old->effective, each.effective);
    }
    for (const auto& each : before) {
        const auto is_left = std::ranges::find(after, each.key, &policy::stretched_limit::key);
        if (is_left == after.end()) {
            add(each.key, each.effective, each.base);
        }
    }
    return text;
}

}  // namespace

pressure_desk::pressure_desk(
    runtime::loop& on,
    std::shared_ptr<const policy::policy> rules,
    stage_times& times,
    surroundings around
)
    : loop_{on},
      rules_{std::move(rules)},
      times_{times},
      around_{std::move(around)},
      board_{board_rules(*rules_)},
      memory_guard_{rules_->pressure.memory_shed.value_or(1)},
      sampler_{around_.root},
      own_{on.now(), around_.root},
      looked_{on.now()},
      told_{on},
      scope_{on} {}

void pressure_desk::join(admin_site& site) {
    site.add(list_path, admin::purpose::reads, [this](const http::request& asked) {
        return answer_list(asked);
    });
    site.add_below(one_path, admin::purpose::changes, [this](const http::request& asked) {
        return answer_told(asked);
    });
}

void pressure_desk::tell(std::span<const told_signal> signals) {
    const time_point now = loop_.now();
    const auto lease = std::min<duration>(admin::usual_lease, rules_->pressure.lease_max);
    for (const auto& each : signals) {
        if (const auto which = board_.find(each.name)) {
            board_.tell(*which, each.value, now, deadline::after(now, lease));
        }
    }
    settle();
}

double pressure_desk::value_of(std::string_view name) const {
    for (const auto& each : values()) {
        if (each.name == name) return each.value;
    }
    return 0;
}

void pressure_desk::begin() {
    tasks_.spawn(run());
}

void pressure_desk::adopt(std::shared_ptr<const policy::policy> rules) {
    rules_ = std::move(rules);
    board_.adopt(board_rules(*rules_));
    limits_ = policy::stretched_limits(*rules_, values());
    wake();
}

runtime::task<http::response> pressure_desk::answer_list(const http::request& asked) {
    refresh();
    gateway::snapshot now;
    describe(now);
    if (asked.query == "text") {
        co_return http::response{200, text_plain, admin::render_pressure_text(now.pressure)};
    }
    co_return http::response{200, "application/json", admin::render_pressure(now.pressure) + '\n'};
}

runtime::task<http::response> pressure_desk::answer_told(const http::request& asked) {
    const auto name = std::string_view{asked.path}.substr(one_path.size());
    const auto which = board_.find(name);
    if (!which) {
        std::vector<std::string_view> known;
        for (const auto& each : rules_->signals) {
            known.push_back(each.name);
        }
        const auto near = policy::closest(name, known);
        co_return refusal(
            404,
            {"there is no signal `" + std::string{name.substr(0, 80)} + '`',
             near ? "did you mean `" + std::string{*near} + "`?" : "write a section [signal.NAME]"}
        );
    }
    const auto& rule = rules_->signals[*which];
    if (rule.source != sensor::none) {
        co_return refusal(
            409,
            {"the signal `" + rule.name + "` is read from a sensor",
             "tell one that has none: write a section [signal.NAME] with its `stretches`"}
        );
    }
    const auto told = admin::read_told_pressure(asked.body, rules_->pressure.lease_max);
    if (!told) {
        co_return refusal(400, told.error());
    }
    const time_point now = loop_.now();
    if (told->value == 0) {
        board_.clear(*which);
    } else {
        board_.tell(*which, told->value, now, deadline::after(now, told->lease));
    }
    settle();
    auto shaping = reshape_if_due();
    co_await shaping;
    auto resting = around_.rest(scope_);
    co_await resting;
    wake();
    gateway::snapshot drawn;
    describe(drawn);
    // A reload may have taken it away meanwhile.
    std::erase_if(drawn.pressure, [&](const auto& each) { return each.name != name; });
    const std::span one{drawn.pressure};
    if (asked.query == "text") {
        co_return http::response{200, text_plain, admin::render_pressure_text(one)};
    }
    co_return http::response{200, "application/json", admin::render_pressure(one) + '\n'};
}

runtime::task<> pressure_desk::run() {
    bool looks = reads(stretches_something) || around_.busy();
    while (!scope_.ended()) {
        times_.want(reads(is_of_operations));
        if (looks) {
            auto going_round = around_.lag(scope_);
            lag_ = co_await going_round;
            look();
        }
        board_.step(loop_.now());
        settle();
        auto shaping = reshape_if_due();
        co_await shaping;
        auto resting = rest();
        looks = co_await resting;
    }
}

/// Until sensors are to be read again (then the answer is true), a value may change by time alone,
/// or something was told.
runtime::task<bool> pressure_desk::rest() {
    const bool stirred = times_.take_stirred();
    const bool goes_on = stirred || shape_is_due_ || memory_guard_.refuses() ||
                         reads(stretches_something) || around_.busy();
    const auto look = deadline::after(loop_.now(), rules_->pressure.interval);
    const auto next = goes_on ? earliest(board_.next_step(), look) : board_.next_step();
    runtime::scope until{scope_, bound{next, true, "pressure.interval"}};
    auto waiting = goes_on ? told_.wait(until) : times_.stirred().wait(until);
    const auto woken = co_await waiting;
    co_return goes_on || woken != runtime::wake::ended;
}

void pressure_desk::look() {
    const time_point now = loop_.now();
    looked_ = now;
    read_sensors(now);
    guard_memory(now);
    board_.step(now);
    settle();
}

void pressure_desk::refresh() {
    if (loop_.now() - looked_ >= rules_->pressure.interval) {
        lag_.reset();
        look();
    }
}

void pressure_desk::wake() noexcept {
    told_.ring();
    times_.stirred().ring();
}

runtime::task<> pressure_desk::reshape_if_due() {
    if (std::exchange(shape_is_due_, false)) {
        auto shaping = around_.reshape(scope_);
        const bool shaped = co_await shaping;
        shape_is_due_ = shape_is_due_ || !shaped;
    }
}

void pressure_desk::read_sensors(time_point now) {
    machine_ = sampler_.sample();
    means_ = times_.take();
    const auto expiry = deadline::after(now, looks_kept * rules_->pressure.interval);
    for (std::size_t i = 0; i < rules_->signals.size(); ++i) {
        const auto& rule = rules_->signals[i];
        if (const auto reading = reading_of(rule.source)) {
            const double value = pressure_of(
                *reading, static_cast<double>(rule.begins_at), static_cast<double>(rule.full_at)
            );
            board_.tell(i, value, now, expiry);
        }
    }
}

void pressure_desk::guard_memory(time_point now) {
    const auto limit = rules_->pressure.memory_shed;
    const auto in_use = limit ? memory_in_use(now) : std::nullopt;
    memory_guard_.set_limit(limit.value_or(1));
    const auto what = memory_guard_.step(in_use, now);
    if (what != memory_guard::action::nothing) {
        around_.memory(what, in_use.value_or(0));
    }
}

/// Of what would be killed with us: the cgroup, else this process.
std::optional<double> pressure_desk::memory_in_use(time_point now) {
    if (machine_.memory_is_ours) {
        return machine_.memory;
    }
    const auto& own = own_.sample(now);
    return own.memory_limit > 0 ? std::optional{own.memory_percent / 100} : std::nullopt;
}

/// As the policy counts: shares in millionths, times in nanoseconds. Nothing: it is not known.
std::optional<double> pressure_desk::reading_of(sensor which) const {
    switch (which) {
        case sensor::none:
            break;
        case sensor::memory:
            return share(machine_.memory);
        case sensor::cpu:
            return share(machine_.cpu);
        case sensor::psi_cpu:
            return share(machine_.stalled_cpu);
        case sensor::psi_memory:
            return share(machine_.stalled_memory);
        case sensor::psi_io:
            return share(machine_.stalled_io);
        case sensor::loop_lag:
            return nanoseconds(lag_);
        case sensor::connect_latency:
            return nanoseconds(means_.connect);
        case sensor::pool_wait:
            return nanoseconds(means_.queue);
    }
    return std::nullopt;
}

/// Tells what has changed. The first of several changes has the effect of all.
void pressure_desk::settle() {
    const auto changes = board_.take_changes();
    if (changes.empty()) {
        return;
    }
    auto now = policy::stretched_limits(*rules_, values());
    std::string effect = difference(limits_, now);
    limits_ = std::move(now);
    shape_is_due_ = shape_is_due_ || !effect.empty();
    for (const auto& [signal, before, after] : changes) {
        around_.changed({signal, before, after, std::exchange(effect, {})});
    }
}

std::vector<policy::signal_value> pressure_desk::values() const {
    std::vector<policy::signal_value> all;
    for (const auto& each : board_.signals()) {
        all.push_back({each.name, each.signal.value()});
    }
    return all;
}

std::string pressure_desk::text() const {
    auto up = values();
    std::erase_if(up, [](const policy::signal_value& each) { return each.value <= 0; });
    return preflight::to_text(up);
}

std::shared_ptr<const policy::policy> pressure_desk::shape(
    const std::shared_ptr<const policy::policy>& written
) const {
    const auto now = values();
    if (policy::stretched_limits(*written, now).empty()) {
        return written;
    }
    return std::make_shared<const policy::policy>(policy::stretched(*written, now));
}

void pressure_desk::describe(gateway::snapshot& to) const {
    for (std::size_t i = 0; i < rules_->signals.size(); ++i) {
        const auto& rule = rules_->signals[i];
        const auto& signal = board_.signals()[i].signal;
        gateway::pressure_snapshot made{
            rule.name, signal.value(), signal.told(), {}, rule.stretches
        };
        if (rule.source == sensor::none && signal.expiry().reachable()) {
            made.expires = signal.expiry().left(loop_.now());
        }
        to.pressure.push_back(std::move(made));
    }
}

bool pressure_desk::reads(bool (*which)(const policy::signal_policy&) noexcept) const noexcept {
    return std::ranges::any_of(rules_->signals, which);
}

runtime::task<> pressure_desk::close() {
    runtime::scope always{loop_};
    scope_.end({cause_kind::shutdown});
    auto ending = tasks_.join(always);
    co_await ending;
    for (std::size_t i = 0; i < board_.signals().size(); ++i) {
        board_.clear(i);
    }
    for (const auto& [signal, before, after] : board_.take_changes()) {
        around_.changed({signal, before, after, {}});
    }
}

}  // namespace curfew::cli
