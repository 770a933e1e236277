#include "headline.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdio>
#include <map>

namespace curfew::process {
namespace {

// Where every thread passes through: says nothing about the program.
bool is_plumbing(const native_frame& frame) noexcept {
    constexpr std::array<std::string_view, 8> modules{
        "libc.so",
        "libc-",
        "libpthread",
        "ld-linux",
        "[vdso",
        "libstdc++",
        "python",
        "libpython",
    };
    return frame.function.empty() || std::ranges::any_of(modules, [&](auto prefix) {
               return frame.module.starts_with(prefix);
           });
}

std::string without_parameters(std::string name) {
    name.resize(std::min(name.find('('), name.size()));
    return name;
}

std::string native_place(const native_stacks& native, pid_t tid) {
    const auto stack = std::ranges::find(native.threads, tid, &native_stack::tid);
    if (stack == native.threads.end()) {
        return {};
    }
    const auto own = std::ranges::find_if_not(stack->frames, is_plumbing);
    return own == stack->frames.end() ? std::string{}
                                      : own->module + ' ' + without_parameters(own->function);
}

std::uint64_t handle_of(const native_stacks& native, pid_t tid) noexcept {
    const auto stack = std::ranges::find(native.threads, tid, &native_stack::tid);
    return stack == native.threads.end() ? 0 : stack->handle;
}

// faulthandler tells a thread by its pthread_t. Where that is not known of the kernel's thread, the
// commonest place is taken.
std::string python_place(const std::vector<python_thread>& threads, std::uint64_t handle) {
    const auto same = std::ranges::find(threads, handle, &python_thread::handle);
    if (handle != 0 && same != threads.end()) {
        return name_place(*same);
    }
    std::map<std::string, int> places;
    for (const auto& one : threads) {
        if (auto place = name_place(one); !place.empty()) {
            ++places[place];
        }
    }
    const auto most =
        std::ranges::max_element(places, {}, [](const auto& one) { return one.second; });
    return most == places.end() ? std::string{} : most->first;
}

const descriptor_facts* find_descriptor(
    const std::vector<descriptor_facts>& all, std::optional<int> number
) noexcept {
    const auto found =
        std::ranges::find_if(all, [&](const auto& one) { return number && one.number == *number; });
    return found == all.end() ? nullptr : &*found;
}

// Waiting for a new connection is what an idle server does, unless it was stopped there.
interest telling(const thread_facts& thread, const std::vector<descriptor_facts>& descriptors) {
    const auto level = thread.telling();
    if (level == interest::stuck) {
        return level;
    }
    const auto* on = thread.in ? find_descriptor(descriptors, thread.in->descriptor) : nullptr;
    return on != nullptr && on->peer.starts_with("listening") ? std::min(level, interest::idle)
                                                              : level;
}

std::string describe_stop(
    const thread_facts& thread, const std::vector<descriptor_facts>& descriptors
) {
    return thread.state == 'T' ? "stopped by a signal (state T)"
                               : describe_wait(thread, descriptors);
}

struct weight {
    interest level = interest::none;
    standing stands = standing::member;

    friend auto operator<=>(const weight&, const weight&) noexcept = default;
};

std::string describe_place(const process_picture& picture, const thread_facts& thread) {
    auto place = python_place(picture.python, handle_of(picture.native, thread.tid));
    if (place.empty()) {
        place = native_place(picture.native, thread.tid);
    }
    const auto wait = describe_stop(thread, picture.descriptors);
    if (place.empty()) {
        place = wait.empty() ? picture.facts.name : picture.facts.name + ": " + wait;
        return place;
    }
    return wait.empty() ? place : place + " -> " + wait;
}

}  // namespace

std::string describe_wait(
    const thread_facts& thread, const std::vector<descriptor_facts>& descriptors
) {
    if (!thread.in) {
        return thread.state == 'R' ? "running" : thread.wait_channel;
    }
    auto text = thread.in->name;
    if (thread.in->descriptor) {
        text += " fd " + std::to_string(*thread.in->descriptor);
        if (const auto* on = find_descriptor(descriptors, thread.in->descriptor)) {
            text += " (" + (on->peer.empty() ? on->what : on->peer) + ')';
        }
    }
    return text;
}

std::string make_headline(
    const std::vector<process_picture>& pictures, std::optional<duration> hung_for, bool hangs
) {
    weight best;
    std::map<std::string, int> places;
    std::string chosen;
    for (const auto& picture : pictures) {
        for (const auto& thread : picture.threads) {
            const weight one{telling(thread, picture.descriptors), picture.stands};
            const bool says_nothing = one == best && one.level == interest::none;
            if (one < best || (says_nothing && !chosen.empty())) {
                continue;
            }
            if (one > best) {
                best = one;
                places.clear();
                chosen.clear();
            }
            const auto place = describe_place(picture, thread);
            if (const auto count = ++places[place]; chosen.empty() || count > places[chosen]) {
                chosen = place;
            }
        }
    }
    if (chosen.empty()) {
        return "nothing left to look at";
    }
    auto line = (hangs ? "hung in " : "seen in ") + chosen;
    if (places[chosen] > 1) {
        line += ", " + std::to_string(places[chosen]) + " threads";
    }
    if (hung_for) {
        std::array<char, 32> text{};
        const auto seconds = std::chrono::duration<double>{*hung_for}.count();
        std::snprintf(text.data(), text.size(), ", %.1f s", seconds);
        line += text.data();
    }
    return line;
}

}  // namespace curfew::process
