#include <curfew/admin/watch_model.hpp>

#include <algorithm>
#include <utility>

namespace curfew::admin {

std::string_view to_string(route_order how) noexcept {
    switch (how) {
        case route_order::trouble:
            return "trouble";
        case route_order::rate:
            return "rate";
        case route_order::p95:
            return "P95";
        case route_order::name:
            return "name";
    }
    return "trouble";
}

watch_model::watch_model(const std::vector<std::string>& addresses) {
    for (const std::string& each : addresses) {
        live_.processes.emplace_back().address = each;
    }
    if (addresses.size() == 1) {
        settings_.process = 0;
    }
}

void watch_model::attached(std::size_t process) {
    watched_process& its = live_.processes[process];
    its.is = attachment::attached;
    its.trouble.clear();
    its.next_try.reset();
}

void watch_model::lost(
    std::size_t process, std::string trouble, std::optional<time_point> next_try
) {
    watched_process& its = live_.processes[process];
    its.is = attachment::lost;
    its.trouble = std::move(trouble);
    its.next_try = next_try;
}

void watch_model::take(std::size_t process, live_state&& state) {
    watched_process& its = live_.processes[process];
    if (its.history.size() == samples_max) {
        its.history.pop_front();
    }
    its.history.push_back({state.rate, state.bad_rate});
    its.state = std::move(state);
}

void watch_model::take(std::size_t process, live_end&& end) {
    if (live_.ends.size() == ends_max) {
        live_.ends.pop_back();
    }
    live_.ends.push_front({process, std::move(end)});
}

void watch_model::take(std::size_t process, const live_missed& missed) {
    live_.processes[process].missed.states += missed.states;
    live_.processes[process].missed.ends += missed.ends;
}

void watch_model::turn_process(bool forward) {
    const std::size_t count = live_.processes.size();
    if (count < 2) {
        return;
    }
    // All of them together is one more place in the round.
    const std::size_t place = settings_.process.value_or(count);
    const std::size_t next = (place + (forward ? 1 : count)) % (count + 1);
    settings_.process = next == count ? std::nullopt : std::optional{next};
    settings_.row = 0;
}

void watch_model::move(key pressed, std::size_t rows) {
    constexpr std::size_t page = 10;
    const std::size_t last = rows > 0 ? rows - 1 : 0;
    std::size_t& row = settings_.row;
    row = std::min(row, last);
    switch (pressed) {
        case key::up:
            row -= row > 0 ? 1 : 0;
            break;
        case key::down:
            row = std::min(row + 1, last);
            break;
        case key::page_up:
            row -= std::min(row, page);
            break;
        case key::page_down:
            row = std::min(row + page, last);
            break;
        case key::first:
            row = 0;
            break;
        default:
            row = last;
            break;
    }
}

watch_model::answer watch_model::press(key pressed, std::size_t rows) {
    switch (pressed) {
        case key::quit:
            if (std::exchange(settings_.help, false)) {
                return answer::redraw;
            }
            return answer::quit;
        case key::help:
            settings_.help = !settings_.help;
            break;
        case key::sort:
            settings_.order = static_cast<route_order>(
                (static_cast<int>(settings_.order) + 1) % (static_cast<int>(route_order::name) + 1)
            );
            settings_.row = 0;
            break;
        case key::pause:
            settings_.paused = !settings_.paused;
            paused_ = settings_.paused ? std::optional{live_} : std::nullopt;
            break;
        case key::next:
        case key::previous:
            turn_process(pressed == key::next);
            break;
        case key::redraw:
            break;
        default:
            move(pressed, rows);
            break;
    }
    return answer::redraw;
}

}  // namespace curfew::admin
