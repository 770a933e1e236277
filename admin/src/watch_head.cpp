#include "watch_parts.hpp"

#include <algorithm>
#include <cmath>

namespace curfew::admin {

namespace {

/// One line of parts with two spaces between them; what does not fit is left out from the end.
class head_line {
  public:
    head_line(std::size_t width, screen_style style) : width_{width}, style_{style} {}

    head_line& add(std::string_view clean, paint with = paint::plain) {
        const std::size_t gap = used_ > 0 ? 2 : 0;
        if (full_ || clean.empty()) {
            return *this;
        }
        const std::size_t room = width_ - std::min(width_, used_ + gap);
        full_ = cells(clean) > room;
        if (full_ && used_ > 0 && room < 8) {
            return *this;
        }
        const std::size_t width = std::min(cells(clean), room);
        text_ += std::string(gap, ' ');
        text_ += painted(fit(clean, width, align::left, style_.unicode), with, style_.colour);
        used_ += gap + width;
        return *this;
    }

    [[nodiscard]] std::size_t room() const noexcept { return width_ - used_; }

    [[nodiscard]] std::string take() && { return text_ + std::string(width_ - used_, ' '); }

  private:
    std::size_t width_;
    screen_style style_;
    std::string text_;
    std::size_t used_ = 0;
    bool full_ = false;
};

struct word {
    std::string text;
    paint with = paint::plain;
};

word standing_of(const watched_process& of, time_point now) {
    if (of.is == attachment::connecting) {
        return {"connecting", paint::warning};
    }
    if (of.is == attachment::lost) {
        std::string text = "GONE: " + terminal_text(of.trouble);
        if (of.next_try) {
            const duration left = std::max(duration::zero(), *of.next_try - now);
            const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
            text += "; next try in " + std::to_string(seconds) + " s";
        }
        return {text, paint::bad};
    }
    if (!of.state) {
        return {"attached", paint::warning};
    }
    if (of.state->draining) {
        return {"draining", paint::warning};
    }
    if (!of.state->ready) {
        return {"not ready", paint::bad};
    }
    return of.state->status == "healthy" ? word{"ready, healthy", paint::good}
                                         : word{"ready, degraded", paint::warning};
}

std::string percent(double share) {
    return std::to_string(std::lround(std::clamp(share, 0.0, 9999.0))) + " %";
}

std::string ratio(std::uint32_t held, std::uint32_t limit) {
    return std::to_string(held) + '/' + std::to_string(limit);
}

std::string about_backend(const live_backend& backend) {
    std::string text = "backend " + terminal_text(backend.state);
    if (backend.restarts > 0) {
        text += ", " + std::to_string(backend.restarts) + " restarts";
        text += backend.last_exit.empty() ? "" : " (" + terminal_text(backend.last_exit) + ')';
    }
    return text;
}

std::string who_and_how(const view_frame& frame, const watched_process& of, bool title) {
    head_line line{frame.width, frame.style};
    if (title) {
        line.add("curfew watch", paint::bold);
        line.add(frame.settings.paused ? "PAUSED" : "", paint::marked);
    }
    const word standing = standing_of(of, frame.now);
    line.add(terminal_text(of.address)).add(standing.text, standing.with);
    if (of.state && of.is == attachment::attached) {
        line.add("up " + short_time(of.state->uptime));
        if (title) {
            const auto& at = of.state->timestamp;
            line.add(terminal_text(at.size() >= 19 ? at.substr(11, 8) + 'Z' : at), paint::dim);
            line.add(terminal_text(of.state->version), paint::dim);
        } else {
            line.add(short_number(of.state->rate) + " req/s");
            line.add(short_number(of.state->bad_rate) + " bad/s");
            line.add("in flight " + std::to_string(of.state->in_flight));
        }
        line.add(terminal_text(of.state->problem), paint::warning);
    }
    return std::move(line).take();
}

std::string resources(const view_frame& frame) {
    const live_state& state = frame.state;
    head_line line{frame.width, frame.style};
    if (state.backend) {
        const bool well = state.backend->state == "ready";
        line.add(about_backend(*state.backend), well ? paint::plain : paint::bad);
    }
    for (const live_pressure& each : state.pressure) {
        const std::string name = "pressure " + terminal_text(each.name) + ' ';
        line.add(name + percent(100 * each.value), paint::warning);
    }
    line.add("in flight " + ratio(state.in_flight, state.in_flight_limit));
    line.add(
        "queue " + std::to_string(state.queued), state.queued > 0 ? paint::warning : paint::dim
    );
    line.add("memory " + percent(state.memory_percent)).add("cpu " + percent(state.cpu_percent));
    if (!state.ledger.state.empty()) {
        const bool fails = state.ledger.state == "failing";
        line.add("ledger " + terminal_text(state.ledger.state), fails ? paint::bad : paint::plain);
    }
    for (const live_upstream& each : state.upstreams) {
        const std::string held = ratio(each.in_flight, each.limit);
        const std::string name = "upstream " + terminal_text(each.name) + ' ' + held;
        line.add(each.up ? name : name + " DOWN", each.up ? paint::plain : paint::bad);
    }
    line.add(state.observe ? "observing only" : "", paint::warning);
    line.add("connections " + std::to_string(state.connections), paint::dim);
    return std::move(line).take();
}

/// Rates of all that is looked at, the newest last.
std::vector<double> series(const view_frame& frame, double watched_process::sample::* what) {
    std::vector<double> sum(watch_model::samples_max, 0.0);
    std::size_t longest = 0;
    const auto& processes = frame.picture.processes;
    for (std::size_t i = 0; i < processes.size(); ++i) {
        const auto& history = processes[i].history;
        if (frame.settings.process && i != *frame.settings.process) {
            continue;
        }
        longest = std::max(longest, history.size());
        for (std::size_t back = 0; back < history.size(); ++back) {
            sum[sum.size() - 1 - back] += history[history.size() - 1 - back].*what;
        }
    }
    return {sum.end() - static_cast<std::ptrdiff_t>(longest), sum.end()};
}

std::string rates(const view_frame& frame) {
    using sample = watched_process::sample;
    const bool bad = frame.state.bad_rate > 0;
    head_line line{frame.width, frame.style};
    const std::size_t each = (frame.width - std::min<std::size_t>(frame.width, 32)) / 2;
    const auto graph = [&](double sample::* what) {
        return sparkline(
            series(frame, what), std::min<std::size_t>(each, 120), frame.style.unicode
        );
    };
    line.add("req/s").add(fit(short_number(frame.state.rate), 5, align::right));
    line.add(each > 2 ? graph(&sample::rate) : "", paint::good);
    line.add("bad/s").add(
        fit(short_number(frame.state.bad_rate), 5, align::right), bad ? paint::bad : paint::plain
    );
    line.add(each > 2 ? graph(&sample::bad_rate) : "", paint::bad);
    return std::move(line).take();
}

std::string title_of_all(const view_frame& frame) {
    const auto& processes = frame.picture.processes;
    const auto ready = std::ranges::count_if(processes, [](const watched_process& each) {
        return each.is == attachment::attached && each.state && each.state->ready;
    });
    const bool all = static_cast<std::size_t>(ready) == processes.size();
    head_line line{frame.width, frame.style};
    line.add("curfew watch", paint::bold);
    line.add(frame.settings.paused ? "PAUSED" : "", paint::marked);
    line.add(std::to_string(processes.size()) + " processes");
    line.add(std::to_string(ready) + " ready", all ? paint::good : paint::bad);
    const auto& at = frame.state.timestamp;
    line.add(terminal_text(at.size() >= 19 ? at.substr(11, 8) + 'Z' : at), paint::dim);
    return std::move(line).take();
}

}  // namespace

std::vector<std::string> draw_head(const view_frame& frame, std::size_t rows) {
    std::vector<std::string> lines;
    const auto& processes = frame.picture.processes;
    if (frame.settings.process) {
        const watched_process& its = processes[*frame.settings.process];
        lines.push_back(who_and_how(frame, its, true));
        if (its.missed.states + its.missed.ends > 0) {
            const std::string missed = "this reader was too slow: it missed " +
                                       std::to_string(its.missed.states) + " states and " +
                                       std::to_string(its.missed.ends) + " ends";
            lines.push_back(painted(
                fit(missed, frame.width, align::left, frame.style.unicode),
                paint::warning,
                frame.style.colour
            ));
        }
    } else {
        lines.push_back(title_of_all(frame));
        for (const watched_process& each : processes) {
            lines.push_back(who_and_how(frame, each, false));
        }
    }
    lines.push_back(resources(frame));
    lines.push_back(rates(frame));
    if (lines.size() > rows && rows > 1) {
        // The rates tell more than who else is watched.
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(rows - 1), lines.end() - 1);
    }
    lines.resize(std::min(lines.size(), rows));
    return lines;
}

std::string draw_foot(const view_frame& frame) {
    head_line line{frame.width, frame.style};
    line.add("q quit", paint::dim).add("? help", paint::dim);
    if (frame.picture.processes.size() > 1) {
        line.add("tab process", paint::dim);
    }
    line.add("s by " + std::string{to_string(frame.settings.order)}, paint::dim);
    line.add("p pause", paint::dim).add("j/k move", paint::dim);
    return std::move(line).take();
}

std::vector<std::string> draw_help(const view_frame& frame, std::size_t rows) {
    std::vector<std::string> lines;
    for (const std::string_view each :
         {"q        quit                        ?        this help, on and off",
          "tab l h  next, previous process; all of them together is one more",
          "j k      move in the routes; also arrows, page up and down, g and G",
          "s        order of the routes: trouble, rate, P95, name",
          "p        hold the picture still; what comes meanwhile is not lost",
          "",
          "timeout, failed, refused  how many requests ended so in the time told",
          "in flight  held places / how many the route may hold now",
          "hang     requests far beyond their usual time, and work that was given up",
          "cut at   the adaptive limit; in brackets: it only says what it would cut",
          "breaker  open 42s: requests are refused, and one probes in 42 s",
          "left     until the deadline; given up: until its place is freed anyway"}) {
        lines.push_back(fit(each, frame.width, align::left, frame.style.unicode));
    }
    lines.resize(std::min(lines.size(), rows));
    return lines;
}

}  // namespace curfew::admin
