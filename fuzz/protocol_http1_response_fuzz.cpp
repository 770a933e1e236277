#include "protocol_http1_invariants.hpp"

namespace curfew::http1 {

namespace {

using storage = std::array<field, 100>;

void check_same(const response_head& left, const response_head& right) {
    expects(left.status == right.status && left.reason == right.reason, "status line");
    expects(left.minor_version == right.minor_version, "version");
    expects(left.body == right.body && left.keep_alive == right.keep_alive, "framing");
    expects(left.tunnel == right.tunnel && left.interim() == right.interim(), "kind");
    check_same(left.fields, right.fields);
}

void check_head(const response_head& head, std::string_view bytes, const limits& bounds) {
    check_lines(bytes);
    check_fields(head.fields, bytes);
    expects(bytes.size() <= bounds.head_bytes, "within head_bytes");
    expects(head.fields.all.size() <= bounds.field_count, "within field_count");
    expects(within(head.reason, bytes), "the reason lies inside the head");
    expects(head.status >= 100 && head.status <= 999, "three digits");
    expects(!head.keep_alive || head.body.kind != body_kind::until_close, "closing ends it");
    const bool never = head.status < 200 || head.status == 204 || head.status == 304;
    expects(!never || head.body.kind == body_kind::none, "no body where none can be");
}

void check_written(const response_head& head, method_id method) {
    std::vector<char> room(8192);
    wire_writer out{room};
    if (head.minor_version == 1 && !head.reason.empty()) {
        out.status_line(head.status, head.reason);
    } else {
        out.text(head.minor_version == 1 ? "HTTP/1.1 " : "HTTP/1.0 ");
        out.decimal(static_cast<std::uint64_t>(head.status));
        out.text(" ");
        out.text(head.reason);
        out.text("\r\n");
    }
    for (const field& one : head.fields)
        out.field_line(one.name, one.value);
    out.end_head();
    if (out.why() == wire_writer::trouble::no_room) return;
    expects(out.ok(), "what was accepted can be written");
    storage fields;
    response_parser again{fields, method};
    expects(again.step(out.written()) == progress::done, "what was written is accepted");
    expects(again.consumed() == out.written().size(), "as a whole");
    check_same(head, again.head());
}

void check(std::string_view input, method_id method, const limits& bounds) {
    storage fields;
    response_parser whole{fields, method, bounds};
    const progress outcome = whole.step(input);

    storage other_fields;
    response_parser pieces{other_fields, method, bounds};
    const auto buffer = feed_in_pieces(pieces, input);
    const progress other = input.empty() ? progress::need_more : pieces.step(input);
    check_agreement(whole, outcome, pieces, other);
    if (outcome != progress::done) return;

    const std::string_view head = input.substr(0, whole.consumed());
    check_same(whole.head(), pieces.head());
    check_head(whole.head(), head, bounds);
    check_written(whole.head(), method);

    pieces.reset(method);
    expects(pieces.step(head.substr(0, head.size() - 1)) == progress::need_more, "not earlier");
    expects(pieces.step(head) == progress::done, "not later");
    check_same(whole.head(), pieces.head());
}

}  // namespace

}  // namespace curfew::http1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using curfew::http1::method_id;
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    for (const auto& bounds : curfew::http1::bounds_to_try) {
        for (const auto method : {method_id::get, method_id::head, method_id::connect}) {
            curfew::http1::check(input, method, bounds);
        }
    }
    return 0;
}
