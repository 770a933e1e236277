#include "incarnation.hpp"
#include <curfew/process/backend.hpp>

#include <array>
#include <cstdio>
#include <cstring>

namespace curfew::process {
namespace {

using notice = supervisor_action::notice;

std::string in_seconds(duration span) {
    std::array<char, 32> text{};
    const auto seconds = std::chrono::duration<double>{span}.count();
    std::snprintf(text.data(), text.size(), "%.2f s", seconds);
    return text.data();
}

std::string describe_failure(const failure& why) {
    auto text = std::string{describe(why.code).title};
    if (why.detail != 0) {
        text += std::string{" ("} + std::strerror(why.detail) + ')';
    }
    return text;
}

}  // namespace

void backend::announce(const supervisor_action& action) {
    if (action.tell != notice::none) {
        const std::string sentence = sentence_for(action);
        watcher_.happened(action.tell, sentence);
        watcher_.told(state(), sentence);
    }
}

std::string backend::sentence_for(const supervisor_action& action) const {
    const auto& limits = options_.limits;
    const std::string complaint{probe_.complaint()};
    switch (action.tell) {
        case notice::none:
            break;
        case notice::starting:
            return "starting the backend, start " + std::to_string(starts());
        case notice::ready:
            return "the backend is ready";
        case notice::not_ready_in_time:
            return "the backend was not ready within " + in_seconds(limits.ready_timeout) +
                   (complaint.empty() ? "" : ": " + complaint);
        case notice::exited: {
            const auto& report = running_->tree->exited();
            return "the backend ended: " + (report ? describe(*report) : "unknown");
        }
        case notice::hung:
            return (complaint.empty() ? "the backend hangs: "
                                      : "the backend is unhealthy: " + complaint + "; ") +
                   std::to_string(limits.live_failures) + " probes in a row failed";
        case notice::restarting_in:
            return "the backend is started again in " + in_seconds(action.wake - now());
        case notice::usurped:
            return address() + " is served by another process" +
                   (stranger_.empty() ? "" : " (" + stranger_ + ")") +
                   " since before the backend was started; waiting for the backend's own";
        case notice::gave_up:
            return farewell() + (last_lines_.empty() ? "" : "; it printed last:\n" + last_lines_);
        case notice::cannot_start:
            return "the backend cannot be started: " +
                   describe_failure(spawn_failure_.value_or(failure{}));
        case notice::stopping:
            return "stopping the backend";
        case notice::stopped:
            return "the backend has stopped";
    }
    return {};
}

std::string backend::address() const {
    const auto where = probe_.asks_at();
    return where ? where->text() : "its address";
}

std::string backend::farewell() const {
    const auto& limits = options_.limits;
    if (machine_.reason() == errc::address_in_use) {
        return "given up: " + address() + " belongs to another process" +
               (stranger_.empty() ? "" : " (" + stranger_ + ")") +
               "; the backend's last end: " + last_end_;
    }
    const auto times = std::to_string(limits.crash_limit);
    const bool hung = machine_.reason() == errc::command_hung;
    if (hung && machine_.hung_starts() >= limits.crash_limit) {
        return "given up: " + times + " starts were not ready within " +
               in_seconds(limits.ready_timeout) + ", not started again";
    }
    return (hung ? "given up: " + times + " hangs and crashes within "
                 : "crash loop: " + times + " crashes within ") +
           in_seconds(limits.crash_window) + " and no request answered, not started again; last " +
           last_end_;
}

std::string backend::last_words() const {
    std::string text;
    for (const auto* lines : {&running_->output, &running_->error}) {
        for (const auto& line : lines->last()) {
            text += "  " + line + '\n';
        }
    }
    if (!text.empty()) {
        text.pop_back();
    }
    return text;
}

result<> backend::verdict() const {
    if (state() != backend_state::crash_looped) {
        return {};
    }
    const bool never_ran = starts() == 1 && spawn_failure_.has_value();
    return std::unexpected{never_ran ? *spawn_failure_ : failure{machine_.reason()}};
}

}  // namespace curfew::process
