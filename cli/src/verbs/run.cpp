#include "ledger_access.hpp"
#include "output.hpp"
#include "patient_voice.hpp"
#include "policy_sources.hpp"
#include "result_file.hpp"
#include "state_directory.hpp"
#include "verbs.hpp"
#include <curfew/ledger/spool.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/suggest.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runner/run.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <expected>
#include <random>
#include <string_view>
#include <vector>

namespace curfew::cli {

namespace {

using policy::kind_policy;
using refused = std::unexpected<usage_problem>;

constexpr duration longest = std::chrono::hours{24 * 7};

refused unknown_kind(std::string_view name, const policy::policy& of) {
    std::vector<std::string_view> known;
    std::string all;
    for (const auto& each : of.kinds) {
        known.push_back(each.name);
        all += (all.empty() ? "" : ", ") + each.name;
    }
    const auto near = policy::closest(name, known);
    return refused{
        {"there is no kind `" + std::string{name.substr(0, 80)} + '`',
         near ? "did you mean `" + std::string{*near} + "`?" : "there is: " + all}
    };
}

std::expected<duration, usage_problem> time_of(
    std::string_view flag, const std::string& text, duration least
) {
    const auto read = policy::parse_duration(text);
    const std::string name{flag};
    if (!read) return refused{{name + ": " + read.error().sentence, read.error().hint}};
    if (*read >= least && *read <= longest) return *read;
    return refused{
        {name + " is from " + policy::format_duration(least) + " to 168h, not " + text,
         "write: " + name + " 30s"}
    };
}

/// A word of a short list, as its number.
template <std::size_t N>
std::expected<std::size_t, usage_problem> word_of(
    std::string_view flag, const std::string& text, const std::array<std::string_view, N>& words
) {
    const auto found = std::ranges::find(words, text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string all;
    for (const auto each : words) {
        all.append(all.empty() ? "" : ", ").append(each);
    }
    return refused{{std::string{flag} + " is none of " + all, "write one of them"}};
}

/// What the flags say stands above what the kind says.
class overriding {
  public:
    overriding(const invocation& line, kind_policy& of) : line_{line}, of_{of} {}

    std::expected<void, usage_problem> all() {
        constexpr duration instant = std::chrono::milliseconds{1};
        take("--timeout", instant, [&](duration told) { of_.timeout = told; });
        take("--warn", instant, [&](duration told) { of_.warn = told; });
        take("--grace", duration::zero(), [&](duration told) { of_.grace = told; });
        take_retries();
        take_word("--on-timeout", std::array<std::string_view, 2>{"fail", "pass"}, of_.on_timeout);
        take_word("--leak", std::array<std::string_view, 3>{"ignore", "warn", "fail"}, of_.leak);
        const bool is_late = of_.warn && *of_.warn >= of_.timeout;
        if (is_late && line_.has("--warn")) {
            refuse(
                {"--warn (" + policy::format_duration(*of_.warn) +
                     ") is not less than the limit (" + policy::format_duration(of_.timeout) + ')',
                 "it is told while the command runs still"}
            );
        }
        if (is_late) of_.warn.reset();  // the kind's, behind a shorter limit
        if (wrong_) return refused{*wrong_};
        return {};
    }

  private:
    template <class Use>
    void take(std::string_view flag, duration least, const Use& use) {
        if (!line_.has(flag)) return;
        const auto told = time_of(flag, line_.value(flag), least);
        told ? use(*told) : refuse(told.error());
    }

    template <std::size_t N, class Value>
    void take_word(std::string_view flag, const std::array<std::string_view, N>& words, Value& to) {
        if (!line_.has(flag)) return;
        const auto told = word_of(flag, line_.value(flag), words);
        if (told) {
            to = static_cast<Value>(*told);
        } else {
            refuse(told.error());
        }
    }

    void take_retries() {
        if (!line_.has("--retries")) return;
        constexpr std::uint32_t most = 100;
        const auto text = line_.value("--retries");
        const auto read = std::from_chars(text.data(), text.data() + text.size(), of_.retries);
        const bool good = read.ec == std::errc{} && read.ptr == text.data() + text.size();
        if (!good || of_.retries > most) {
            refuse({"--retries is a number from 0 to 100", "write: --retries 2"});
        }
    }

    void refuse(usage_problem why) {
        if (!wrong_) wrong_ = std::move(why);
    }

    const invocation& line_;
    kind_policy& of_;
    std::optional<usage_problem> wrong_;
};

trace_context new_id() {
    std::random_device random;
    const auto word = [&] { return std::uint64_t{random()} << 32 | random(); };
    return {word(), word() | 1, word() | 1, 1};
}

std::expected<runner::run_order, usage_problem> order_of(
    const invocation& line, const policy::policy& of
) {
    runner::run_order made;
    const auto name = line.value("--kind");
    if (line.has("--kind")) {
        const auto* kind = of.find_kind(name);
        if (kind == nullptr) return unknown_kind(name, of);
        made.rules = *kind;
    }
    if (auto good = overriding{line, made.rules}.all(); !good) return refused{good.error()};
    made.command = line.command.empty() ? made.rules.command : line.command;
    if (made.command.empty()) {
        const auto meant = line.arguments.empty() ? "pytest" : line.arguments.front();
        return refused{
            {line.arguments.empty() ? "no command is given" : "a command stands behind `--`",
             "write: curfew run " + (name.empty() ? "" : "--kind " + name + ' ') + "-- " + meant}
        };
    }
    if (!line.arguments.empty()) {
        return refused{
            {"`" + line.arguments.front() + "` stands before `--`", "a command stands behind it"}
        };
    }
    if (made.command.front().empty()) return refused{{"a command has a name", ""}};
    if (!name.empty()) made.limit_name = "kind." + name + ".timeout";
    if (line.has("--timeout")) made.limit_name = "--timeout";
    made.id = new_id();
    made.hang_directory = state_directory();
    return made;
}

/// Where a stream is closed, something of ours must not take its place: the command would write
/// into it. It finds it closed as well.
void keep_places_of_streams() noexcept {
    for (int stream = 0; stream <= STDERR_FILENO; ++stream) {
        if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
        [[maybe_unused]] const int taken = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    }
}

/// Who reads what we say may go: that is no signal to us, and none to the command.
void block_broken_pipes() noexcept {
    sigset_t broken;
    ::sigemptyset(&broken);
    ::sigaddset(&broken, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken, nullptr);
}

std::string why_not_started(const failure& why, const std::string& program) {
    std::string text =
        "`" + program + "` cannot be started: " + std::string{describe(why.code).title};
    if (why.detail != 0) text.append(" (").append(::strerrordesc_np(why.detail)).append(")");
    return text + "\n  hint: " + std::string{describe(why.code).remedy};
}

/// Left beside the ledger for the next Curfew that has it open.
void record(
    const policy::policy& of,
    const runner::run_report& made,
    const runner::run_order& what,
    const clock& time,
    patient_voice& voice
) {
    if (!of.ledger.enabled) return;
    const auto place = ledger_place(of);
    if (!place) return;
    const auto ended = wall_now();
    runner::with_event(made, what, time.now(), [&](const event& told) {
        const auto written = ledger::append_to_spool(place->path, told, ended - told.took);
        if (written) return;
        voice.say(
            "warning: the run is not recorded beside " + place->path + ": " +
            ::strerrordesc_np(written.error().detail)
        );
    });
}

/// So that a shell sees that Ctrl-C ended it, and ends its script too.
void end_as_interrupted(const runner::run_report& made) {
    const auto* last = made.last();
    if (last == nullptr || !last->by_terminal || !last->ended || last->ended->signal != SIGINT) {
        return;
    }
    std::fflush(nullptr);
    sigset_t interrupt;
    ::sigemptyset(&interrupt);
    ::sigaddset(&interrupt, SIGINT);
    ::signal(SIGINT, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
    ::raise(SIGINT);
}

}  // namespace

int run(const invocation& line) {
    keep_places_of_streams();
    block_broken_pipes();
    const auto from = policy_sources(line);
    if (!from) {
        complain(line, from.error());
        return describe(errc::policy_invalid).exit_code;
    }
    const auto loaded = policy::load(*from);
    if (!loaded.snapshot) {
        return complain(line, loaded);
    }
    const auto what = order_of(line, *loaded.snapshot);
    if (!what) {
        return complain(what.error());
    }
    if (line.has("--result") && line.value("--result").empty()) {
        return complain(usage_problem{"--result names no file", "write: --result FILE"});
    }
    result_file result{line.value("--result")};
    if (const int why = result.prepare()) {
        return complain(usage_problem{
            "--result cannot be written to " + line.value("--result") + ": " +
                ::strerrordesc_np(why),
            "name a file in a directory that can be written"
        });
    }
    patient_voice voice{line.has("--quiet")};
    if (what->limit_name == runner::default_limit) {
        voice.say(
            "the limit is " + policy::format_duration(what->rules.timeout) +
            ": neither --timeout nor --kind says another"
        );
    }
    const steady_clock time;
    // Until all is written: a signal that comes at the end must not take the result along.
    auto signals = runner::signal_inbox::open();
    if (!signals) {
        complain(usage_problem{"signals cannot be received", "raise the limit: ulimit -n"});
        return describe(errc::internal).exit_code;
    }
    process::system_host machine;
    const auto tell = [&](policy::severity level, const std::string& sentence) {
        level == policy::severity::error ? voice.complain(sentence) : voice.say(sentence);
    };
    const auto made = runner::run(machine, *what, *signals, time, tell);
    if (made.not_started) voice.complain(why_not_started(*made.not_started, what->command.front()));
    const auto text = runner::to_json(made, *what);
    const int unwritten = result.write(text);
    if (unwritten != 0) {
        voice.complain(
            "the result cannot be written to " + line.value("--result") + ": " +
            ::strerrordesc_np(unwritten)
        );
    }
    record(*loaded.snapshot, made, *what, time, voice);
    if (line.has("--json")) {
        print(text);
    }
    end_as_interrupted(made);
    return unwritten != 0 ? describe(errc::internal).exit_code
                          : runner::exit_code_of(made, what->rules);
}

}  // namespace curfew::cli
