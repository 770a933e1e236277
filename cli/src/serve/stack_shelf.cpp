#include "stack_shelf.hpp"

#include <curfew/admin/json_writer.hpp>
#include <curfew/core/rfc3339.hpp>

#include <utility>

namespace curfew::cli {

std::string_view to_string(stacks_reason why) noexcept {
    switch (why) {
        case stacks_reason::request_timed_out:
            return "request_timed_out";
        case stacks_reason::hang:
            return "hang";
        case stacks_reason::asked:
            return "asked";
    }
    return "asked";
}

const stack_shelf::taken& stack_shelf::keep(taken one) {
    if (one.what.text.size() > text_max) {
        one.what.text.resize(text_max);
        one.what.complete = false;
    }
    all_.push_front(std::move(one));
    if (all_.size() > most) {
        all_.pop_back();
    }
    return all_.front();
}

std::string stack_shelf::text() const {
    if (all_.empty()) {
        return "The backend's stacks were not taken yet: POST here takes them now.\n";
    }
    std::string text;
    for (const taken& each : all_) {
        text += (text.empty() ? "" : "\n") + text_of(each);
    }
    return text;
}

std::string stack_shelf::json() const {
    admin::json_writer out;
    out.begin_object();
    out.key("stacks");
    out.begin_array();
    for (const taken& each : all_) {
        out.begin_object();
        out.member("time", rfc3339(each.at));
        out.member("reason", to_string(each.why));
        out.member("headline", each.what.headline);
        out.member("complete", each.what.complete);
        out.member("text", each.what.text);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return std::move(out).take() + '\n';
}

std::string text_of(const stack_shelf::taken& one) {
    std::string text = rfc3339(one.at) + ' ' + std::string{to_string(one.why)} + ": ";
    text += one.what.text;
    text += text.ends_with('\n') ? "" : "\n";
    return text + (one.what.complete ? "" : "(not all of it)\n");
}

}  // namespace curfew::cli
