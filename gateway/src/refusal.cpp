#include <curfew/core/expects.hpp>
#include <curfew/gateway/refusal.hpp>
#include <curfew/protocol/http1_writer.hpp>

#include <algorithm>
#include <array>

namespace curfew::gateway {

namespace {

using http1::field_id;
using http1::wire_writer;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t longest_name = 200;

/// Length of the UTF-8 sequence `text` begins with; 0 for an invalid one (RFC 3629).
std::size_t sequence_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first < 0xf0) {
        const bool overlong = first == 0xe0 && byte(1) < 0xa0;
        const bool surrogate = first == 0xed && byte(1) >= 0xa0;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xf0 && first < 0xf5) {
        const bool overlong = first == 0xf0 && byte(1) < 0x90;
        const bool too_large = first == 0xf4 && byte(1) >= 0x90;
        const bool whole = continues(1) && continues(2) && continues(3);
        return whole && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

/// Writes the members of one JSON object.
class object_writer {
  public:
    explicit object_writer(wire_writer& out) noexcept : out_{out} { out_.text("{"); }

    void close() noexcept { out_.text("}"); }

    void name(std::string_view key) noexcept {
        if (!first_) out_.text(",");
        first_ = false;
        out_.text("\"");
        out_.text(key);
        out_.text("\":");
    }

    void number(std::string_view key, std::uint64_t value) noexcept {
        name(key);
        out_.decimal(value);
    }

    /// Our own words: nothing to escape.
    void word(std::string_view key, std::string_view value) noexcept {
        if (value.empty()) return;
        name(key);
        out_.text("\"");
        out_.text(value);
        out_.text("\"");
    }

    void foreign(std::string_view key, std::string_view value) noexcept {
        if (value.empty()) return;
        name(key);
        out_.text("\"");
        escape(value);
        out_.text("\"");
    }

  private:
    void escape(std::string_view text) noexcept {
        std::size_t taken = 0;
        while (!text.empty()) {
            const auto size = sequence_size(text);
            taken += std::max<std::size_t>(size, 1);
            if (taken > longest_name) return out_.text("...");
            if (size == 0)
                out_.text("\\ufffd");
            else if (size == 1)
                escape_ascii(text[0]);
            else
                out_.text(text.substr(0, size));
            text.remove_prefix(std::max<std::size_t>(size, 1));
        }
    }

    void escape_ascii(char c) noexcept {
        constexpr std::string_view digits = "0123456789abcdef";
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out_.text("\\");
            out_.text({&c, 1});
        } else if (code < 0x20 || code == 0x7f) {
            out_.text("\\u00");
            out_.text(digits.substr(code >> 4, 1));
            out_.text(digits.substr(code & 15, 1));
        } else {
            out_.text({&c, 1});
        }
    }

    wire_writer& out_;
    bool first_ = true;
};

std::uint64_t whole_ms(duration time) noexcept {
    const auto count = std::chrono::floor<milliseconds>(time).count();
    return static_cast<std::uint64_t>(std::max<milliseconds::rep>(count, 0));
}

void write_account(const refusal& what, object_writer& members, wire_writer& out) noexcept {
    if (what.account == nullptr && !what.left) return;
    members.name("account");
    object_writer stages{out};
    if (what.account != nullptr) {
        for (const auto& entry : what.account->entries()) {
            std::array<char, 24> key;
            wire_writer text{key};
            text.text(to_string(entry.what));
            if (entry.number != 0) {
                text.text("_");
                text.decimal(entry.number);
            }
            stages.number(text.written(), whole_ms(entry.spent));
        }
    }
    if (what.left) stages.number("left", whole_ms(*what.left));
    stages.close();
}

/// Always there: the limit that decided, else the one the request ran under, else null.
void write_limit(const refusal& what, object_writer& members, wire_writer& out) noexcept {
    const bool decided = !what.why.limit_name.empty() || what.why.limit > duration::zero();
    if (decided || what.limit > duration::zero()) {
        members.number("limit_ms", whole_ms(decided ? what.why.limit : what.limit));
    } else {
        members.name("limit_ms");
        out.text("null");
    }
}

void write_problem(const refusal& what, int status, wire_writer& out) noexcept {
    const auto& known = describe(what.code);
    object_writer members{out};
    members.name("type");
    out.text("\"urn:curfew:error:");
    out.text(known.id);
    out.text("\"");
    members.word("title", known.title);
    members.number("status", static_cast<std::uint64_t>(status));
    members.word("cause", to_string(what.why.kind));
    if (what.why.reason != shed_reason::none) {
        members.word("reason", to_string(what.why.reason));
    }
    members.foreign("limit", what.why.limit_name);
    write_limit(what, members, out);
    write_account(what, members, out);
    members.foreign("route", what.route);
    if (what.trace.valid()) {
        const auto trace = format_trace(what.trace);
        members.word("trace_id", {trace.data(), trace.size()});
    }
    members.close();
    out.text("\n");
}

void write_head(const refusal& what, int status, std::size_t body_size, wire_writer& out) noexcept {
    out.status_line(status);
    out.field_line(field_id::content_type, "application/problem+json");
    out.field_line(field_id::cache_control, "no-store");
    if (status == 503 && describe(what.code).retryable) {
        out.field_line(field_id::retry_after, retry_seconds(what.retry_after, what.dice));
    }
    out.field_line(field_id::content_length, body_size);
    if (!what.keep_alive) {
        out.field_line(field_id::connection, "close");
    } else if (what.client_minor_version == 0) {
        out.field_line(field_id::connection, "keep-alive");
    }
    out.end_head();
}

}  // namespace

std::uint64_t retry_seconds(duration retry_after, std::uint64_t dice) noexcept {
    constexpr seconds::rep longest = 24 * 3600;
    const auto whole = std::chrono::ceil<seconds>(retry_after).count();
    const auto base = static_cast<std::uint64_t>(std::clamp<seconds::rep>(whole, 1, longest));
    const auto spread = std::max<std::uint64_t>(base / 4, 2);
    return base + dice % (spread + 1);
}

std::string_view render_refusal(const refusal& what, std::span<char, refusal_bytes> room) noexcept {
    constexpr int no_answer_of_its_own = 500;
    const auto listed = describe(what.code).http_status;
    const auto status = listed != 0 ? listed : no_answer_of_its_own;

    std::array<char, refusal_bytes * 3 / 4> body_room;
    wire_writer body{body_room};
    write_problem(what, status, body);

    wire_writer out{room};
    write_head(what, status, body.written().size(), out);
    if (!what.head_only) out.text(body.written());
    expects(body.ok() && out.ok(), "the room for refusals fits the longest one");
    return out.written();
}

}  // namespace curfew::gateway
