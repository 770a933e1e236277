#include "http1_bytes.hpp"
#include <curfew/protocol/http1_writer.hpp>

#include <array>
#include <charconv>
#include <cstring>
#include <initializer_list>

namespace curfew::http1 {

namespace {

struct digits {
    std::array<char, 20> text{};
    std::size_t size = 0;

    digits(std::uint64_t number, int base) noexcept {
        const auto end = std::to_chars(text.data(), text.data() + text.size(), number, base).ptr;
        size = static_cast<std::size_t>(end - text.data());
    }

    [[nodiscard]] std::string_view view() const noexcept { return {text.data(), size}; }
};

}  // namespace

void wire_writer::clear() noexcept {
    size_ = 0;
    trouble_ = trouble::none;
}

void wire_writer::refuse(trouble what) noexcept {
    if (ok()) trouble_ = what;
}

void wire_writer::join(std::initializer_list<std::string_view> parts) noexcept {
    std::size_t total = 0;
    for (const std::string_view part : parts)
        total += part.size();
    if (total > room_left()) refuse(trouble::no_room);
    if (!ok()) return;
    char* to = room_.data() + size_;
    for (const std::string_view part : parts) {
        if (!part.empty()) std::memcpy(to, part.data(), part.size());
        to += part.size();
    }
    size_ += total;
}

void wire_writer::text(std::string_view bytes) noexcept {
    join({bytes});
}

void wire_writer::decimal(std::uint64_t number) noexcept {
    join({digits{number, 10}.view()});
}

void wire_writer::request_line(std::string_view method, std::string_view target) noexcept {
    const bool valid =
        is_token(method) && !target.empty() && detail::all_of(target, detail::in_query);
    if (!valid) return refuse(trouble::invalid);
    join({method, " ", target, " HTTP/1.1\r\n"});
}

void wire_writer::status_line(int status, std::string_view reason) noexcept {
    if (status < 100 || status > 999 || !is_field_value(reason)) return refuse(trouble::invalid);
    if (reason.empty()) reason = reason_phrase(status);
    const digits code{static_cast<std::uint64_t>(status), 10};
    join({"HTTP/1.1 ", code.view(), " ", reason, "\r\n"});
}

void wire_writer::field_line(std::string_view name, std::string_view value) noexcept {
    if (!is_token(name) || !is_field_value(value)) return refuse(trouble::invalid);
    join({name, ": ", value, "\r\n"});
}

void wire_writer::field_line(field_id name, std::string_view value) noexcept {
    if (name == field_id::other || !is_field_value(value)) return refuse(trouble::invalid);
    join({to_string(name), ": ", value, "\r\n"});
}

void wire_writer::field_line(field_id name, std::uint64_t value) noexcept {
    field_line(name, digits{value, 10}.view());
}

void wire_writer::field_line(const field& parsed) noexcept {
    join({parsed.name, ": ", parsed.value, "\r\n"});
}

void wire_writer::end_head() noexcept {
    join({"\r\n"});
}

void wire_writer::chunk_head(std::uint64_t size) noexcept {
    if (size == 0) return refuse(trouble::invalid);
    join({digits{size, 16}.view(), "\r\n"});
}

}  // namespace curfew::http1
