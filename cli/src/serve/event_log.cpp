#include "event_log.hpp"

#include "event_line.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace curfew::cli {

using policy::severity;

namespace {

constexpr std::size_t lines_waiting_max = 8192;

}  // namespace

event_log::event_log(const policy::server_policy& how, runtime::bell& untold)
    : untold_{untold}, json_{how.log_format == policy::log_shape::json}, least_{how.log_level} {
    spdlog::init_thread_pool(lines_waiting_max, 1);
    logger_ = std::make_shared<spdlog::async_logger>(
        "curfew",
        std::make_shared<spdlog::sinks::stderr_sink_mt>(),
        spdlog::thread_pool(),
        spdlog::async_overflow_policy::overrun_oldest
    );
    logger_->set_pattern("%v");
    logger_->flush_on(spdlog::level::info);
}

void event_log::reconfigure(const policy::server_policy& how) noexcept {
    least_.store(how.log_level, std::memory_order_relaxed);
}

event_log::~event_log() {
    tell_left_out(time_point::max());
    logger_->flush();
    logger_.reset();
    spdlog::shutdown();
}

void event_log::record(const event& what) noexcept {
    const severity level = severity_of(what);
    const bool plain = what.ended == outcome::success && level == severity::info;
    if (level < least_.load(std::memory_order_relaxed) || plain) {
        return;
    }
    repeat_filter::verdict told;
    {
        const std::scoped_lock hold{lock_};
        told = repeats_.admit(level, what);
    }
    if (!told.tell) {
        untold_.ring();
        return;
    }
    try {
        if (told.displaced) {
            tell(*told.displaced);
        }
        write(
            json_ ? json_line(level, what, told.left_out) : text_line(level, what, told.left_out)
        );
    } catch (...) {
        lost_.fetch_add(1, std::memory_order_relaxed);
        untold_.ring();
    }
}

void event_log::say(severity level, std::string_view sentence) noexcept {
    if (level < least_.load(std::memory_order_relaxed)) {
        return;
    }
    try {
        write(json_ ? json_sentence(level, sentence) : text_sentence(level, sentence));
    } catch (...) {
        lost_.fetch_add(1, std::memory_order_relaxed);
        untold_.ring();
    }
}

void event_log::tell_left_out(time_point now) noexcept {
    try {
        for (std::size_t seat = 0; seat < repeat_filter::seats; ++seat) {
            std::optional<untold> rest;
            {
                const std::scoped_lock hold{lock_};
                rest = repeats_.take(seat, now);
            }
            if (rest) {
                tell(*rest);
            }
        }
        tell_losses();
    } catch (...) {
        lost_.fetch_add(1, std::memory_order_relaxed);
    }
    const std::scoped_lock hold{lock_};
    if (repeats_.owes()) {
        untold_.ring();
    }
}

void event_log::tell(const untold& what) {
    const event its = what.as_event();
    write(
        json_ ? json_summary(what.level, its, what.count)
              : text_summary(what.level, its, what.count)
    );
}

void event_log::tell_losses() {
    const auto dropped = static_cast<std::uint64_t>(spdlog::thread_pool()->overrun_counter());
    const auto lost = dropped + lost_.load(std::memory_order_relaxed);
    if (const auto news = lost - std::exchange(losses_told_, lost); news > 0) {
        const auto sentence = std::to_string(news) + " lines of this log were lost";
        write(
            json_ ? json_sentence(severity::warning, sentence)
                  : text_sentence(severity::warning, sentence)
        );
    }
}

void event_log::write(const std::string& line) {
    logger_->log(spdlog::level::info, line);
    if (spdlog::thread_pool()->overrun_counter() > 0) {
        untold_.ring();
    }
}

}  // namespace curfew::cli
