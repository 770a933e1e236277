#include "batch.hpp"
#include "checksum.hpp"
#include "packed_event.hpp"
#include "spool_frame.hpp"
#include <curfew/core/expects.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

using namespace curfew;
using namespace curfew::ledger;

// The first byte says what the rest is: 0 a spool as it is; else the body of one record (1 an
// operation of this form, 2 a mark, others as they are), after eight bytes of wall time. That one
// is given a sound head and sum, and stands between two records that must be read.

namespace {

using bytes_view = std::span<const std::byte>;

struct record_head {
    std::array<char, 4> magic{'C', 'f', 'S', '1'};
    std::uint32_t size = 0;
    std::uint32_t sum = 0;
};

void append(std::vector<std::byte>& to, bytes_view more) {
    to.insert(to.end(), more.begin(), more.end());
}

std::vector<std::byte> record(std::uint32_t what, bytes_view wall_and_body) {
    std::vector<std::byte> payload;
    const std::uint32_t form = packed_form();
    append(payload, std::as_bytes(std::span{&what, 1}));
    append(payload, std::as_bytes(std::span{&form, 1}));
    append(payload, wall_and_body);
    record_head head;
    head.size = static_cast<std::uint32_t>(payload.size());
    head.sum = checksum(0, payload);
    std::vector<std::byte> whole;
    append(whole, std::as_bytes(std::span{&head, 1}));
    append(whole, payload);
    return whole;
}

std::uint64_t told(const batch& of, fate what) {
    return of.what_became()[static_cast<std::size_t>(what)];
}

// Whatever was taken over is counted, can be stored, and is read back as it was.
void check_batch(const batch& read) {
    const auto operations = told(read, fate::recorded) + told(read, fate::figures_dropped);
    expects(
        told(read, fate::spool_merged) == operations + read.marks().size(),
        "each record that was merged is an operation or a mark"
    );
    expects(told(read, fate::row_kept) == read.rows().size(), "each row is counted");
    for (const batch::row& row : read.rows()) {
        kept_operation kept;
        expects(decode_detail(row.detail, kept), "the detail of a row can be read");
        expects(row.what < read.all_series().size(), "a row has a series");
    }
    std::uint64_t counted = 0;
    for (const auto& [key, figures] : read.minutes()) {
        sparse_figures again;
        const auto text = figures.encode();
        expects(again.decode(text), "figures can be read");
        expects(again.encode() == text, "figures come back as they were");
        expects(again.count() == figures.count(), "and are as many");
        counted += figures.count();
    }
    expects(counted == told(read, fate::recorded), "each operation is counted once");
    for (const series& one : read.all_series()) {
        expects(one.name.size() <= name_max, "a name within its bound");
        expects(one.limit_name.size() <= limit_name_max, "a limit's name within its bound");
    }
}

bool same(const event& one, const event& other) {
    const auto same_entry = [](const auto& a, const auto& b) {
        return a.what == b.what && a.number == b.number && a.spent == b.spent;
    };
    const auto same_attribute = [](const auto& a, const auto& b) {
        return a.key == b.key && a.value == b.value;
    };
    return one.where == other.where && one.name == other.name && one.ended == other.ended &&
           one.why == other.why && one.error == other.error && one.started == other.started &&
           one.took == other.took && one.limit == other.limit && one.trace == other.trace &&
           std::ranges::equal(one.account.entries(), other.account.entries(), same_entry) &&
           std::ranges::equal(one.attributes, other.attributes, same_attribute);
}

// What is accepted means the same when it is written again, and nothing of it is cut.
void check_event(bytes_view body) {
    unpacked_event read;
    if (!unpack(body, read)) return;
    std::vector<std::byte> written(packed_size(read.told));
    pack(read.told, written.data());
    unpacked_event again;
    expects(unpack(written, again), "what was accepted is accepted when written again");
    expects(same(read.told, again.told), "and means the same");
    expects(!again.cut, "and was within its bounds");
}

void check_spool(bytes_view spool, std::uint64_t sound) {
    batch read;
    read_spool(spool, read);
    check_batch(read);
    const auto seen = told(read, fate::spool_merged) + told(read, fate::spool_foreign);
    expects(seen >= sound, "records that are sound are read whatever lies beside them");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t wall_bytes = 8;
    const bytes_view input{reinterpret_cast<const std::byte*>(data), size};
    if (input.empty()) return 0;
    const auto what = static_cast<std::uint32_t>(input[0]);
    const auto rest = input.subspan(1);
    const auto neighbour = spool_frame(mark{wall_time{duration{1}}, "neighbour"});
    std::vector<std::byte> spool;
    if (what == 0) {
        append(spool, rest);
        append(spool, neighbour);
        check_spool(spool, 1);
        return 0;
    }
    if (rest.size() < wall_bytes || rest.size() > 4'000) return 0;
    append(spool, neighbour);
    append(spool, record(what, rest));
    append(spool, neighbour);
    check_spool(spool, 3);
    if (what == 1) check_event(rest.subspan(wall_bytes));
    return 0;
}
