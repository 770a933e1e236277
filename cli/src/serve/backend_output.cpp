#include "backend_output.hpp"

#include "event_line.hpp"

#include <unistd.h>

namespace curfew::cli {

namespace {

std::string program_name(const policy::backend_policy& of) {
    const std::string path = of.command.empty() ? std::string{} : of.command.front();
    return path.substr(path.rfind('/') + 1);
}

std::string json_loss(std::size_t dropped) {
    const auto sentence = std::to_string(dropped) + " lines of the backend's output were lost";
    return json_sentence(policy::severity::warning, sentence) + '\n';
}

}  // namespace

backend_output::backend_output(const policy::policy& rules)
    : name_{program_name(rules.backend)},
      json_{rules.server.log_format == policy::log_shape::json},
      writer_{STDERR_FILENO, json_ ? json_loss : process::line_writer::loss_teller{}} {}

void backend_output::write(std::string_view line) {
    if (!json_) {
        writer_.write(line);
        return;
    }
    line.remove_suffix(line.ends_with('\n') ? 1 : 0);
    writer_.write(json_output(name_, line) + '\n');
}

}  // namespace curfew::cli
