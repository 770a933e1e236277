#include <curfew/process/line_splitter.hpp>

#include <algorithm>

namespace curfew::process {

void line_splitter::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto room = longest - line_.size();
        const auto size = std::min({end, bytes.size(), room});
        line_.append(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (size == end) {
            bytes.remove_prefix(1);
            if (line_.ends_with('\r')) {
                line_.pop_back();
            }
        } else if (line_.size() < longest) {
            return;
        } else if (bytes.starts_with('\n')) {
            bytes.remove_prefix(1);
        }
        std::ranges::replace(line_, '\0', ' ');
        take_(prefix_ + line_ + '\n');
        last_.push_back(std::move(line_));
        line_.clear();
        if (last_.size() > remembered) {
            last_.pop_front();
        }
    }
}

void line_splitter::flush() {
    if (partial()) {
        feed("\n");
    }
}

}  // namespace curfew::process
