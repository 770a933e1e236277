#include "recording.hpp"

#include "../ledger_access.hpp"
#include <curfew/ledger/place.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>

namespace curfew::cli {

namespace {

using notice = process::supervisor_action::notice;
using policy::severity;

constexpr std::string_view version = CURFEW_VERSION;
constexpr std::size_t own_ring_bytes = std::size_t{256} << 10;
constexpr std::size_t summary_bytes = 120;                       // what an attribute keeps
constexpr std::size_t unkept_ring_bytes = std::size_t{1} << 20;  // no disk can be stuck
constexpr auto patience = std::chrono::seconds{2};

/// Secrets, addresses and commands are no limits.
bool is_limit(std::string_view key) noexcept {
    constexpr std::array sections{
        "request.", "http.", "gateway.", "limiter.", "breaker.", "upstream.", "route."
    };
    return !key.ends_with(".urls") &&
           std::ranges::any_of(sections, [&](auto each) { return key.starts_with(each); });
}

/// "0.25"
std::string share_text(double of) {
    std::array<char, 32> room{};
    return {room.data(), std::to_chars(room.data(), room.data() + room.size(), of).ptr};
}

struct step {
    std::string_view name;  ///< empty: not told
    outcome ended = outcome::ignored;
    std::optional<errc> error{};
};

step step_of(notice what) noexcept {
    switch (what) {
        case notice::none:
            return {};
        case notice::starting:
            return {"start"};
        case notice::ready:
            return {"ready"};
        case notice::not_ready_in_time:
            return {"not ready in time", outcome::timeout};
        case notice::exited:
            return {"exit", outcome::failure};
        case notice::hung:
            return {"hang", outcome::failure, errc::command_hung};
        case notice::restarting_in:
            return {"restart"};
        case notice::usurped:
            return {"address taken", outcome::failure, errc::address_in_use};
        case notice::gave_up:
            return {"gave up", outcome::failure, errc::crash_loop};
        case notice::cannot_start:
            return {"cannot start", outcome::failure};
        case notice::stopping:
            return {"stop"};
        case notice::stopped:
            return {"stopped"};
    }
    return {};
}

}  // namespace

recording::recording(
    const policy::policy& rules, event_log& log, std::vector<ledger::listener*> listeners
)
    : log_{log} {
    ledger::settings how;
    const ledger::place where = place_of(rules);
    how.path = where.path;
    how.database = where.database;
    how.rules = rules.ledger;
    how.version = version;
    if (how.path.empty()) {
        only_for_ = listeners;
        how.ring_bytes = unkept_ring_bytes;
    }
    how.listeners = std::move(listeners);
    book_.emplace(how, ledger_clocks(), [this](std::string_view sentence) { say(sentence); });
    own_ = &book_->sink(own_ring_bytes);
}

/// Without a path where none is kept.
ledger::place recording::place_of(const policy::policy& rules) {
    if (!rules.ledger.enabled) {
        return {};
    }
    auto where = ledger::place_of(rules, std::getenv("XDG_STATE_HOME"), std::getenv("HOME"));
    if (!where) {
        say("no ledger is kept: neither XDG_STATE_HOME nor HOME says where (`--ledger FILE` "
            "names a place, `--ledger off` wants none)");
    }
    return where.value_or(ledger::place{});
}

recording::~recording() {
    if (!book_->stop(patience)) {
        say("the ledger could not be written to its end");
    }
}

void recording::speak() {
    const std::scoped_lock hold{lock_};
    speaks_ = true;
    for (const std::string& each : std::exchange(unsaid_, {})) {
        log_.say(severity::warning, each);
    }
}

void recording::say(std::string_view sentence) {
    const std::scoped_lock hold{lock_};
    if (speaks_) {
        log_.say(severity::warning, sentence);
    } else {
        unsaid_.emplace_back(sentence);
    }
}

event_sink& recording::sink_for_worker(event_sink& listed) {
    return *sinks_.emplace_back(
        std::make_unique<operation_sink>(book_->sink(), only_for_, listed, log_)
    );
}

void recording::tell_limits(const policy::loading& from) {
    // Said even where no key is set: then each limit is known to be the built-in one.
    const std::array environment{
        event::attribute{"environment", from.snapshot->environment},
    };
    tell_policy("loaded", environment);
    for (const std::string& key : from.set_keys()) {
        const auto why = is_limit(key) ? from.explain(key) : std::unexpected{policy::problem{}};
        if (!why || why->statements.empty()) {
            continue;
        }
        const policy::statement& won = why->statements.back();
        const std::array attributes{
            event::attribute{"value", why->value},
            event::attribute{"layer", policy::to_string(won.said_by)},
            event::attribute{"origin", won.origin},
        };
        tell_policy(key, attributes);
    }
}

void recording::tell_reload(std::string_view file, const std::vector<policy::change>& changes) {
    const std::string changed = policy::summary_of(changes, summary_bytes);
    const std::array attributes{
        event::attribute{"file", file},
        event::attribute{"changed", changed},
    };
    tell_policy("reload", attributes);
}

void recording::tell_refusal(std::string_view sentence) {
    const std::array attributes{event::attribute{"said", sentence}};
    event what;
    what.where = surface::policy;
    what.name = "reload";
    what.ended = outcome::failure;
    what.error = errc::policy_invalid;
    what.started = steady_clock{}.now();
    what.attributes = attributes;
    own_->record(what);
}

void recording::tell_policy(
    std::string_view name, std::span<const event::attribute> attributes
) noexcept {
    event what;
    what.where = surface::policy;
    what.name = name;
    what.ended = outcome::ignored;  // no figure of anything, and each has a row
    what.started = steady_clock{}.now();
    what.attributes = attributes;
    own_->record(what);
}

void recording::tell_alert(std::string_view name, std::string_view state, std::string_view said) {
    const std::array attributes{
        event::attribute{"state", state},
        event::attribute{"said", said},
    };
    event told;
    told.where = surface::policy;
    told.name = name;
    told.ended = outcome::ignored;
    told.started = steady_clock{}.now();
    told.attributes = attributes;
    own_->record(told);
}

void recording::tell_pressure(const pressure_desk::change& what) {
    const std::string before = share_text(what.before);
    const std::string after = share_text(what.after);
    const std::array attributes{
        event::attribute{"signal", what.signal},
        event::attribute{"before", before},
        event::attribute{"after", after},
        event::attribute{"effect", what.effect},
    };
    tell_policy("pressure", attributes);
}

void recording::tell_backend(notice what, std::string_view sentence, time_point now) {
    const step taken = step_of(what);
    if (taken.name.empty()) {
        return;
    }
    // What the backend printed last stands on further lines, and is not ours to keep.
    const std::array attributes{
        event::attribute{"said", sentence.substr(0, sentence.find('\n'))},
    };
    event told;
    told.where = surface::supervisor;
    told.name = taken.name;
    told.ended = taken.ended;
    told.error = taken.error;
    told.started = now;
    told.attributes = attributes;
    own_->record(told);
}

void recording::tell_held_back(std::string_view route, std::string_view sentence, time_point now) {
    const std::array attributes{
        event::attribute{"said", sentence},
        event::attribute{"route", route},
    };
    event told;
    told.where = surface::supervisor;
    told.name = "held back";
    told.ended = outcome::ignored;
    told.started = now;
    told.attributes = attributes;
    own_->record(told);
}

void recording::tell_startup(const startup_story& what, time_point now) {
    with_event(what, now, [this](const event& told) { own_->record(told); });
}

void recording::tell_stacks(std::string_view headline, time_point now) {
    const std::array attributes{event::attribute{"said", headline}};
    event told;
    told.where = surface::supervisor;
    told.name = "stacks";
    told.ended = outcome::ignored;
    told.started = now;
    told.attributes = attributes;
    own_->record(told);
}

std::optional<ledger::status> recording::state() const {
    return only_for_.empty() ? std::optional{book_->state()} : std::nullopt;
}

}  // namespace curfew::cli
