#include "project_files.hpp"

#include <curfew/policy/file.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

namespace curfew::policy::detail {

namespace {

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

bool holds_no_application(std::string_view folder) {
    constexpr std::array<std::string_view, 7> known{
        "docs", "env", "migrations", "node_modules", "test", "tests", "venv"
    };
    return std::ranges::find(known, folder) != known.end();
}

}  // namespace

bool place::has(std::string_view file) const {
    struct stat status{};
    return ::stat(path(file).c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::string place::text(std::string_view file) const {
    return read_file(path(file)).value_or(std::string{});
}

std::vector<std::string> place::packages(std::string_view folder) const {
    constexpr int entries_max = 4096;
    std::vector<std::string> found;
    std::error_code error;
    std::filesystem::directory_iterator entry{path(folder), error};
    for (int i = 0; !error && i < entries_max && entry != end(entry); ++i) {
        const auto name = entry->path().filename().string();
        if (is_name(name) && !holds_no_application(name) && entry->is_directory(error)) {
            found.push_back(name);
        }
        entry.increment(error);
    }
    std::ranges::sort(found);
    found.resize(std::min(found.size(), folders_max));
    return found;
}

std::string place::path(std::string_view name) const {
    return (directory_ + '/') += name;
}

std::string lower(std::string_view text) {
    std::string small{text};
    std::ranges::transform(small, small.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return small;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const auto begin = text.find_first_not_of(blank);
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
}

std::string_view next_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
}

bool mentions(std::string_view text, std::string_view word) {
    return text.find(word) != text.npos;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    const bool whole = read.ec == std::errc{} && read.ptr == end && port > 0;
    return whole ? std::optional{port} : std::nullopt;
}

std::optional<std::uint16_t> port_in_command(std::string_view line) {
    constexpr std::array<std::string_view, 7> names{
        "--port", "-p", "PORT", "--bind", "-b", "--listen", "-l"
    };
    constexpr std::string_view between = " \t\r\"'\\";
    const auto plain = with_defaults(line);
    std::optional<std::uint16_t> port;
    bool is_next = false;
    for (std::string_view rest = plain; !rest.empty();) {
        rest.remove_prefix(std::min(rest.find_first_not_of(between), rest.size()));
        const auto word = rest.substr(0, rest.find_first_of(between));
        rest.remove_prefix(word.size());
        const auto equals = word.find('=');
        const bool named = std::ranges::find(names, word.substr(0, equals)) != names.end();
        if (is_next || (named && equals != word.npos)) {
            const auto value = word.substr(is_next ? 0 : equals + 1);
            const auto said = read_port(value.substr(value.rfind(':') + 1));
            if (said) port = said;
        }
        is_next = named && equals == word.npos;
    }
    return port;
}

std::string with_defaults(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto open = text.find("${");
        const auto close = text.find('}', std::min(open, text.size()));
        const auto sign = text.find(":-", std::min(open, text.size()));
        if (open == text.npos || close == text.npos) return out += text;
        out += text.substr(0, open);
        out += sign < close ? text.substr(sign + 2, close - sign - 2)
                            : text.substr(open, close + 1 - open);
        text.remove_prefix(close + 1);
    }
    return out;
}

bool is_infrastructure(std::uint16_t port) {
    constexpr std::array<std::uint16_t, 14> known{
        1025, 2181, 3306, 4222, 5432, 5672, 6379, 8086, 9090, 9092, 9200, 11211, 15672, 27017
    };
    return std::ranges::find(known, port) != known.end();
}

}  // namespace curfew::policy::detail
