#include "key_catcher.hpp"

#include <libpq-fe.h>

#include <string.h>

#include <charconv>
#include <string_view>

namespace curfew::pg {
namespace {

constexpr std::string_view mark = "BackendKeyData\t";

std::optional<std::int32_t> next_number(std::string_view& from) noexcept {
    while (from.starts_with(' '))
        from.remove_prefix(1);
    std::int32_t number = 0;
    const auto end = std::from_chars(from.data(), from.data() + from.size(), number);
    if (end.ec != std::errc{}) return std::nullopt;
    from.remove_prefix(static_cast<std::size_t>(end.ptr - from.data()));
    return number;
}

}  // namespace

void key_catcher::closer::operator()(std::FILE* of) const noexcept {
    (void)std::fclose(of);
}

key_catcher::~key_catcher() {
    stop();
}

void key_catcher::listen(pg_conn* to) noexcept {
    cookie_io_functions_t functions{};
    functions.write = &key_catcher::take;
    stream_.reset(::fopencookie(this, "w", functions));
    if (!stream_) return;
    std::setvbuf(stream_.get(), buffer_.data(), _IOLBF, buffer_.size());
    heard_ = to;
    PQtrace(to, stream_.get());
    PQsetTraceFlags(to, PQTRACE_SUPPRESS_TIMESTAMPS);
}

void key_catcher::stop() noexcept {
    if (heard_ != nullptr) PQuntrace(heard_);
    heard_ = nullptr;
    stream_.reset();
    forget();
}

ssize_t key_catcher::take(void* self, const char* bytes, std::size_t size) noexcept {
    auto& own = *static_cast<key_catcher*>(self);
    for (const char byte : std::string_view{bytes, size}) {
        if (byte == '\n') {
            own.read_line();
            own.size_ = 0;
        } else if (own.size_ < own.line_.size()) {
            own.line_[own.size_++] = byte;
        }
    }
    return static_cast<ssize_t>(size);
}

void key_catcher::read_line() noexcept {
    std::string_view line{line_.data(), size_};
    const auto at = line.find(mark);
    if (at == line.npos) return;
    line.remove_prefix(at + mark.size());
    const auto process = next_number(line);
    const auto secret = next_number(line);
    if (process && secret) found_ = key{*process, *secret};
}

void key_catcher::forget() noexcept {
    ::explicit_bzero(buffer_.data(), buffer_.size());
    ::explicit_bzero(line_.data(), line_.size());
    size_ = 0;
}

}  // namespace curfew::pg
