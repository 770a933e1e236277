#include <curfew/core/expects.hpp>
#include <curfew/core/utf8.hpp>
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
            const auto size = utf8_sequence(text);
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

/// `limit_ms` is always there: null where no limit decided, or one that is no time.
void write_limit(const cause& why, object_writer& members, wire_writer& out) noexcept {
    if (is_limited_in_time(why)) {
        members.number("limit_ms", whole_ms(why.limit));
    } else {
        members.name("limit_ms");
        out.text("null");
    }
    if (why.limit_value != 0) members.number("limit_value", why.limit_value);
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
    members.word("detail", what.why.detail);
    members.word("cause", to_string(what.why.kind));
    if (what.why.reason != shed_reason::none) {
        members.word("reason", to_string(what.why.reason));
    }
    members.foreign("limit", what.why.limit_name);
    write_limit(what.why, members, out);
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
    if (!what.date.empty()) out.field_line(field_id::date, what.date);
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

cause rejection_by(http1::violation rule, const policy::http_policy& limits) noexcept {
    cause why{cause_kind::rejected};
    why.detail = describe(rule);
    switch (rule) {
        case http1::violation::head_too_large:
        case http1::violation::trailers_too_large:
            why.limit_name = "http.header_bytes";
            why.limit_value = limits.header_bytes;
            break;
        case http1::violation::too_many_fields:
        case http1::violation::too_many_trailers:
            why.limit_name = "http.header_count";
            why.limit_value = limits.header_count;
            break;
        case http1::violation::target_too_long:
            why.limit_name = "http.target_bytes";
            why.limit_value = limits.target_bytes;
            break;
        default:
            break;
    }
    return why;
}

cause rejection_by_size(std::uint64_t most) noexcept {
    return {cause_kind::rejected, shed_reason::none, "http.body_bytes", {}, most};
}

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
