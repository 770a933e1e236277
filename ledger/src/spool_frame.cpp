#include "spool_frame.hpp"

#include "checksum.hpp"
#include "packed_event.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace curfew::ledger {
namespace {

constexpr std::array magic{std::byte{'C'}, std::byte{'f'}, std::byte{'S'}, std::byte{'1'}};
constexpr std::size_t payload_max = 4'096;

enum class kind : std::uint32_t { operation = 1, mark = 2 };

struct outer_head {
    std::array<std::byte, 4> magic;
    std::uint32_t size;
    std::uint32_t sum;
};

struct inner_head {
    kind what;
    std::uint32_t form;
    std::int64_t wall;
};

std::vector<std::byte> framed(kind what, wall_time at, std::size_t size, auto&& fill) {
    std::vector<std::byte> whole(sizeof(outer_head) + sizeof(inner_head) + size);
    const std::span payload = std::span{whole}.subspan(sizeof(outer_head));
    const inner_head inner{what, packed_form(), at.time_since_epoch().count()};
    std::memcpy(payload.data(), &inner, sizeof inner);
    fill(payload.data() + sizeof inner);
    const outer_head outer{magic, static_cast<std::uint32_t>(payload.size()), checksum(0, payload)};
    std::memcpy(whole.data(), &outer, sizeof outer);
    return whole;
}

/// The payload of the record that `bytes` begins with; empty if there is no sound one.
std::span<const std::byte> sound_payload(std::span<const std::byte> bytes) noexcept {
    outer_head outer{};
    if (bytes.size() < sizeof outer + sizeof(inner_head)) {
        return {};
    }
    std::memcpy(&outer, bytes.data(), sizeof outer);
    if (outer.magic != magic || outer.size < sizeof(inner_head) || outer.size > payload_max ||
        outer.size > bytes.size() - sizeof outer) {
        return {};
    }
    const auto payload = bytes.subspan(sizeof outer, outer.size);
    return checksum(0, payload) == outer.sum ? payload : std::span<const std::byte>{};
}

/// Whether it was understood.
bool take(std::span<const std::byte> payload, batch& into) {
    inner_head inner{};
    std::memcpy(&inner, payload.data(), sizeof inner);
    const auto body = payload.subspan(sizeof inner);
    const wall_time at{duration{inner.wall}};
    unpacked_event unpacked;
    if (inner.what == kind::mark) {
        return into.take(mark{at, {reinterpret_cast<const char*>(body.data()), body.size()}});
    }
    if (inner.form != packed_form() || inner.what != kind::operation || !unpack(body, unpacked)) {
        return false;
    }
    into.count(fate::text_cut, unpacked.cut ? 1 : 0);
    into.take(unpacked.told, at, 1);
    return true;
}

}  // namespace

std::vector<std::byte> spool_frame(const event& what, wall_time started) {
    return framed(kind::operation, started, packed_size(what), [&](std::byte* to) {
        pack(what, to);
    });
}

std::vector<std::byte> spool_frame(const mark& what) {
    const std::size_t size = std::min(what.text.size(), mark_text_max);
    return framed(kind::mark, what.at, size, [&](std::byte* to) {
        std::memcpy(to, what.text.data(), size);
    });
}

void read_spool(std::span<const std::byte> bytes, batch& into) {
    bool torn = false;
    while (!bytes.empty()) {
        const auto payload = sound_payload(bytes);
        if (payload.empty()) {
            into.count(fate::spool_torn, torn ? 0 : 1);
            torn = true;
            const auto next = std::ranges::search(bytes.subspan(1), magic).begin();
            bytes = {next, bytes.end()};
            continue;
        }
        torn = false;
        into.count(take(payload, into) ? fate::spool_merged : fate::spool_foreign);
        bytes = bytes.subspan(sizeof(outer_head) + payload.size());
    }
}

}  // namespace curfew::ledger
