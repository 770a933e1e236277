#include "dispatch.hpp"

#include "batch_frame.hpp"
#include <curfew/core/expects.hpp>

#include <unistd.h>

#include <utility>

namespace curfew::ledger {

dispatch::dispatch(std::string base, std::uint64_t bytes_max, std::string version)
    : by_{::getpid(), std::move(version), {}}, waiting_{std::move(base), bytes_max} {}

void dispatch::take(batch& what, wall_time wall) {
    expects(!under_way_, "one batch at a time is on its way");
    std::swap(what, sent_);
    begin(wall);
}

void dispatch::take_last(wall_time wall) {
    expects(!under_way_, "one batch at a time is on its way");
    if (by_.started != wall_time{}) {
        last_ = true;
        begin(wall);
    }
}

void dispatch::begin(wall_time wall) {
    by_.started = by_.started == wall_time{} ? wall : by_.started;
    name_ = waiting_.next_name(wall);
    sealed_at_ = wall;
    under_way_ = true;
    secured_ = false;
}

void dispatch::arrived() {
    // Of a file somebody else may just be telling what it says.
    over_ = secured_ ? "" : name_;
    if (secured_) {
        waiting_.remove(name_);
    }
    sent_.clear();
    under_way_ = false;
}

bool dispatch::put_by() {
    // What only says that we are still here is not worth a file.
    if (!sent_.empty() || last_) {
        secure();
        if (!secured_) {
            return false;
        }
    }
    sent_.clear();
    under_way_ = false;
    return true;
}

void dispatch::secure() {
    if (!secured_ && under_way_ && (!sent_.empty() || last_)) {
        secured_ = waiting_.put(name_, encode_frame(sent_, {by_, sealed_at_, last_}));
    }
}

bool dispatch::put_by(batch& what, wall_time wall) {
    if (what.empty()) {
        return true;
    }
    const std::string name = waiting_.next_name(wall);
    if (!waiting_.put(name, encode_frame(what, {by_, wall, false}))) {
        return false;
    }
    what.clear();
    return true;
}

}  // namespace curfew::ledger
