#include "protocol_http1_invariants.hpp"
#include <curfew/protocol/http1_path.hpp>

#include <string>

namespace curfew::http1 {

namespace {

using storage = std::array<field, 100>;

void check_same(const request_head& left, const request_head& right) {
    expects(left.method == right.method && left.method_name == right.method_name, "method");
    expects(left.target == right.target && left.form == right.form, "target");
    expects(left.path == right.path && left.query == right.query, "path and query");
    expects(left.has_query == right.has_query && left.host == right.host, "query and host");
    expects(left.body == right.body && left.keep_alive == right.keep_alive, "framing");
    expects(left.minor_version == right.minor_version, "version");
    expects(left.expect_continue == right.expect_continue && left.upgrade == right.upgrade, "wish");
    check_same(left.fields, right.fields);
}

void check_head(const request_head& head, std::string_view bytes, const limits& bounds) {
    check_lines(bytes);
    check_fields(head.fields, bytes);
    expects(bytes.size() <= bounds.head_bytes, "within head_bytes");
    expects(head.target.size() <= bounds.target_bytes, "within target_bytes");
    expects(head.fields.all.size() <= bounds.field_count, "within field_count");
    expects(within(head.method_name, bytes) && within(head.target, bytes), "inside the head");
    expects(within(head.query, bytes) && within(head.host, bytes), "inside the head");
    const bool implied = head.path == "/" || head.path == "*";
    expects(implied || within(head.path, bytes), "the path lies inside the head, or is implied");
    expects(head.body.kind != body_kind::until_close, "a request never ends by closing");
    expects(head.minor_version == 0 || !head.host.empty(), "1.1 has a host");
}

void check_path(std::string_view path) {
    std::string room(path.size(), '\0');
    const auto normal = normalise_path(path, room);
    if (!normal) return expects(!is_normal_path(path), "a refused path is not normal");
    expects(normal->size() <= path.size(), "the normal form is not longer");
    expects(is_normal_path(path) == (*normal == path), "normal paths are left alone");
    expects(is_normal_path(*normal), "the normal form is normal");
}

void check_written(const request_head& head) {
    std::vector<char> room(8192);
    wire_writer out{room};
    if (head.minor_version == 1) {
        out.request_line(head.method_name, head.target);
    } else {
        for (const auto part : {head.method_name, std::string_view{" "}, head.target})
            out.text(part);
        out.text(" HTTP/1.0\r\n");
    }
    for (const field& one : head.fields)
        out.field_line(one.name, one.value);
    out.end_head();
    if (out.why() == wire_writer::trouble::no_room) return;
    expects(out.ok(), "what was accepted can be written");
    storage fields;
    request_parser again{fields};
    expects(again.step(out.written()) == progress::done, "what was written is accepted");
    expects(again.consumed() == out.written().size(), "as a whole");
    check_same(head, again.head());
}

void check(std::string_view input, const limits& bounds) {
    storage fields;
    request_parser whole{fields, bounds};
    const progress outcome = whole.step(input);

    storage other_fields;
    request_parser pieces{other_fields, bounds};
    const auto buffer = feed_in_pieces(pieces, input);
    const progress other = input.empty() ? progress::need_more : pieces.step(input);
    check_agreement(whole, outcome, pieces, other);
    if (outcome != progress::done) return;

    const std::string_view head = input.substr(0, whole.consumed());
    check_same(whole.head(), pieces.head());
    check_head(whole.head(), head, bounds);
    check_path(whole.head().path);
    check_written(whole.head());

    pieces.reset();
    expects(pieces.step(head.substr(0, head.size() - 1)) == progress::need_more, "not earlier");
    expects(pieces.step(head) == progress::done, "not later");
    check_same(whole.head(), pieces.head());
}

}  // namespace

}  // namespace curfew::http1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    for (const auto& bounds : curfew::http1::bounds_to_try)
        curfew::http1::check(input, bounds);
    return 0;
}
