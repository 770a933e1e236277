#include "headline.hpp"
#include <curfew/process/listener.hpp>
#include <curfew/process/stack_dump.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <span>
#include <system_error>

namespace curfew::process {
namespace {

constexpr std::size_t most_processes = 64;
constexpr std::size_t largest_report = 1U << 20U;
constexpr std::size_t dumps_kept = 64;

standing standing_of(const process_facts& one, const dump_request& what) {
    const bool serves =
        what.serves_at && find_owner(*what.serves_at, {}, {&one, 1}).whose == ownership::own;
    return serves ? standing::server : one.id == what.leader ? standing::leader : standing::member;
}

process_picture look_at(const process_facts& facts, const dump_request& what, time_point until) {
    process_picture picture;
    picture.facts = facts;
    picture.stands = standing_of(facts, what);
    picture.threads = read_threads(facts.id.pid);
    picture.descriptors = read_descriptors(facts.id.pid);
    std::vector<pid_t> tids;
    for (auto& thread : picture.threads) {
        tids.push_back(thread.tid);
        if (thread.in && thread.in->polled_at != 0) {
            thread.in->descriptor = read_polled_descriptor(facts.id.pid, *thread.in);
        }
    }
    picture.python = parse_faulthandler(read_python_stacks(facts.id, what.python_stacks, until));
    picture.native = read_native_stacks(facts.id.pid, tids, until);
    return picture;
}

void write_thread(std::string& text, const process_picture& picture, const thread_facts& thread) {
    text += "  thread " + std::to_string(thread.tid) + " (" + thread.name + ") state ";
    text += thread.state;
    if (const auto wait = describe_wait(thread, picture.descriptors); !wait.empty()) {
        text += ", in " + wait;
    }
    if (!thread.wait_channel.empty()) {
        text += ", kernel " + thread.wait_channel;
    }
    text += '\n';
    const auto stack = std::ranges::find(picture.native.threads, thread.tid, &native_stack::tid);
    if (stack != picture.native.threads.end()) {
        for (const auto& frame : stack->frames) {
            const auto& name = frame.function.empty() ? std::string{"?"} : frame.function;
            text += "      " + name + "  [" + frame.module + "]\n";
        }
    }
}

void write_python(std::string& text, const process_picture& picture) {
    for (const auto& thread : picture.python) {
        text += thread.current ? "  Python, the thread that answered:\n" : "  Python:\n";
        for (const auto& frame : thread.frames) {
            text += "      " + frame.function + "  " + frame.file + ':' +
                    std::to_string(frame.line) + '\n';
        }
    }
}

std::string write_process(const process_picture& picture) {
    const auto& facts = picture.facts;
    std::string text = "process " + std::to_string(facts.id.pid) + " (" + facts.name +
                       ") child of " + std::to_string(facts.parent) + ", state ";
    text += facts.state;
    text += ", " + std::to_string(facts.threads) + " threads\n";
    write_python(text, picture);
    for (const auto& thread : picture.threads) {
        write_thread(text, picture, thread);
    }
    if (!picture.native.trouble.empty()) {
        text += "  native stacks: " + picture.native.trouble + '\n';
    }
    for (const auto& one : picture.descriptors) {
        text += "  fd " + std::to_string(one.number) + "  " + one.what;
        text += (one.peer.empty() ? "" : "  " + one.peer) + '\n';
    }
    return text + '\n';
}

bool is_plain_name(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

bool is_dump(const std::filesystem::path& file) {
    const auto name = file.filename().string();
    return name.starts_with("hang-") && name.ends_with(".txt");
}

void remove_all_but_the_newest(const std::string& directory) {
    struct kept {
        std::filesystem::file_time_type written;
        std::filesystem::path path;
    };

    std::vector<kept> dumps;
    std::error_code failed;
    for (std::filesystem::directory_iterator at{directory, failed}, end; !failed && at != end;
         at.increment(failed)) {
        std::error_code gone;
        if (is_dump(at->path())) dumps.push_back({at->last_write_time(gone), at->path()});
    }
    if (failed || dumps.size() <= dumps_kept) return;
    std::ranges::sort(dumps, std::ranges::greater{}, &kept::written);
    for (const auto& old : std::span{dumps}.subspan(dumps_kept)) {
        std::filesystem::remove(old.path, failed);
    }
}

std::string save(const dump_request& what, std::string_view text) {
    if (what.directory.empty() || !is_plain_name(what.id)) {
        return {};
    }
    auto path = what.directory + "/hang-" + what.id + ".txt";
    const runtime::descriptor file{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)
    };
    while (file && !text.empty()) {
        const auto wrote = ::write(file.number(), text.data(), text.size());
        if (wrote <= 0) {
            return {};
        }
        text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    if (!file) {
        return {};
    }
    remove_all_but_the_newest(what.directory);
    return path;
}

}  // namespace

stack_dump dump_stacks(const dump_request& what, time_point until) {
    stack_dump dump;
    std::vector<process_picture> pictures;
    const steady_clock time;
    for (const auto& member : what.members) {
        if (pictures.size() == most_processes || time.now() >= until) {
            dump.complete = false;
            break;
        }
        pictures.push_back(look_at(member, what, until));
    }
    dump.headline = redact(make_headline(pictures, what.hung_for, what.hangs));
    std::string body;
    for (const auto& picture : pictures) {
        body += write_process(picture);
        if (body.size() > largest_report) {
            body.resize(largest_report);
            dump.complete = false;
            break;
        }
    }
    dump.text = dump.headline + "\n\n" + redact(body);
    if (!dump.complete) {
        dump.text += "(cut: not everything was looked at or fits)\n";
    }
    dump.path = save(what, dump.text);
    return dump;
}

}  // namespace curfew::process
