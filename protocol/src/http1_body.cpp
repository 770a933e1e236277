#include "http1_bytes.hpp"
#include <curfew/protocol/http1_body.hpp>

#include <algorithm>

namespace curfew::http1 {

using namespace detail;

namespace {

constexpr std::uint8_t most_size_digits = 16;

}  // namespace

body_decoder::body_decoder(body_framing framing, const body_limits& bounds) noexcept
    : left_{framing.length}, limits_{bounds}, state_{state::finished} {
    switch (framing.kind) {
        case body_kind::none:
            left_ = 0;
            break;
        case body_kind::length:
            if (left_ != 0) state_ = state::length_data;
            break;
        case body_kind::chunked:
            state_ = state::size_first;
            break;
        case body_kind::until_close:
            state_ = state::close_data;
            break;
    }
}

body_decoder::taken body_decoder::step(std::string_view input) noexcept {
    taken result;
    result.consumed = take_framing(input);
    const std::string_view rest = input.substr(result.consumed);
    if (state_ == state::close_data) {
        result.data = rest;
    } else if (state_ == state::length_data || state_ == state::chunk_data) {
        result.data =
            rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size())));
        left_ -= result.data.size();
        if (left_ == 0) {
            state_ = state_ == state::length_data ? state::finished : state::data_cr;
        }
    }
    received_ += result.data.size();
    result.consumed += result.data.size();
    result.again = result.consumed < input.size() && !finished() && !failed();
    return result;
}

void body_decoder::close() noexcept {
    if (state_ == state::close_data) {
        state_ = state::finished;
    } else if (!finished() && !failed()) {
        refuse(violation::body_truncated);
    }
}

std::size_t body_decoder::take_framing(std::string_view input) noexcept {
    std::size_t at = 0;
    for (; at < input.size(); ++at) {
        switch (state_) {
            case state::length_data:
            case state::close_data:
            case state::chunk_data:
            case state::finished:
            case state::failed:
                return at;
            case state::size_first:
            case state::size:
            case state::extension:
            case state::size_lf:
                take_size_byte(input[at]);
                break;
            case state::data_cr:
                if (input[at] != '\r') return refuse(violation::chunk_end), at;
                state_ = state::data_lf;
                break;
            case state::data_lf:
                if (input[at] != '\n') return refuse(violation::chunk_end), at;
                state_ = state::size_first;
                break;
            case state::trailer_begin:
            case state::trailer_name:
            case state::trailer_value:
            case state::trailer_lf:
            case state::last_lf:
                take_trailer_byte(input[at]);
                break;
        }
    }
    return at;
}

void body_decoder::take_size_byte(char byte) noexcept {
    if (state_ == state::size_lf) {
        return byte == '\n' ? end_size_line() : refuse(violation::chunk_size);
    }
    if (byte == '\r') {
        return state_ == state::size_first ? refuse(violation::chunk_size)
                                           : void(state_ = state::size_lf);
    }
    if (state_ == state::extension || (state_ == state::size && byte == ';')) {
        if (!is(byte, in_value)) return refuse(violation::chunk_extension);
        if (limits_.extension_bytes == 0) return refuse(violation::chunk_extensions_too_large);
        --limits_.extension_bytes;
        state_ = state::extension;
        return;
    }
    if (!is(byte, in_hex) || digits_ == most_size_digits) return refuse(violation::chunk_size);
    left_ = left_ * 16 + hex_value(byte);
    ++digits_;
    state_ = state::size;
}

void body_decoder::end_size_line() noexcept {
    digits_ = 0;
    state_ = left_ == 0 ? state::trailer_begin : state::chunk_data;
}

void body_decoder::take_trailer_byte(char byte) noexcept {
    if (state_ == state::last_lf) {
        return byte == '\n' ? void(state_ = state::finished) : refuse(violation::trailer);
    }
    if (state_ == state::trailer_begin && byte == '\r') return void(state_ = state::last_lf);
    if (limits_.trailer_bytes == 0) return refuse(violation::trailers_too_large);
    --limits_.trailer_bytes;

    if (state_ == state::trailer_begin) {
        if (limits_.trailer_count == 0) return refuse(violation::too_many_trailers);
        --limits_.trailer_count;
    }
    const bool in_name = state_ == state::trailer_begin || state_ == state::trailer_name;
    if (in_name && is(byte, in_token)) {
        state_ = state::trailer_name;
    } else if (state_ == state::trailer_name && byte == ':') {
        state_ = state::trailer_value;
    } else if (state_ == state::trailer_value && byte == '\r') {
        state_ = state::trailer_lf;
    } else if (state_ == state::trailer_lf && byte == '\n') {
        state_ = state::trailer_begin;
    } else if (state_ != state::trailer_value || !is(byte, in_value)) {
        refuse(violation::trailer);
    }
}

void body_decoder::refuse(violation rule) noexcept {
    left_ = 0;
    why_ = rule;
    state_ = state::failed;
}

}  // namespace curfew::http1
