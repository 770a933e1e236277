#include "batch_frame.hpp"

#include "checksum.hpp"
#include "series_names.hpp"
#include "varint.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace curfew::ledger {
namespace {

constexpr std::array magic{'C', 'f', 'B', '1'};
constexpr std::uint64_t form = 1;
constexpr std::size_t outer_size = magic.size() + 2 * sizeof(std::uint32_t);

// Signed numbers as unsigned ones that are small where they are near zero.
std::uint64_t folded(std::int64_t value) noexcept {
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unfolded(std::uint64_t value) noexcept {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

class frame_writer {
  public:
    template <class... Numbers>
    void numbers(Numbers... all) {
        (put_varint(text_, all), ...);
    }

    template <class... Numbers>
    void folded_numbers(Numbers... all) {
        (put_varint(text_, folded(all)), ...);
    }

    void text(std::string_view what) {
        put_varint(text_, what.size());
        text_ += what;
    }

    [[nodiscard]] const std::string& whole() const noexcept { return text_; }

  private:
    std::string text_;
};

/// Once something is missing, everything is, and `is_sound` says so.
class frame_reader {
  public:
    explicit frame_reader(std::string_view from) noexcept : left_{from} {}

    std::uint64_t number() noexcept {
        std::uint64_t read = 0;
        sound_ = sound_ && left_.number(read);
        return sound_ ? read : 0;
    }

    std::int64_t folded_number() noexcept { return unfolded(number()); }

    std::string_view text() noexcept {
        std::string_view read;
        const auto size = number();
        sound_ = sound_ && left_.text(read, size);
        return sound_ ? read : std::string_view{};
    }

    /// How many follow, or which of so many.
    std::uint64_t count(std::uint64_t most) noexcept {
        const auto read = number();
        sound_ = sound_ && read <= most;
        return sound_ ? read : 0;
    }

    void expect(bool what) noexcept { sound_ = sound_ && what; }

    [[nodiscard]] bool is_sound() const noexcept { return sound_; }

    [[nodiscard]] bool at_end() const noexcept { return left_.at_end(); }

  private:
    varint_reader left_;
    bool sound_ = true;
};

/// The seven texts of a series, as a store would answer them.
class named_series final : public row {
  public:
    explicit named_series(frame_reader& from) noexcept {
        for (std::string_view& each : texts_) {
            each = from.text();
        }
    }

    [[nodiscard]] std::int64_t number(int) const noexcept override { return 0; }

    [[nodiscard]] std::string_view text(int column) const noexcept override {
        return texts_[static_cast<std::size_t>(column)];
    }

    [[nodiscard]] std::string_view blob(int column) const noexcept override { return text(column); }

  private:
    std::array<std::string_view, 7> texts_{};
};

void write_series(frame_writer& to, const series& what) {
    to.text(to_string(what.where));
    to.text(what.name);
    to.text(to_string(what.ended));
    to.text(to_string(what.why));
    to.text(to_string(what.reason));
    to.text(what.error ? describe(*what.error).id : std::string_view{});
    to.text(what.limit_name);
}

/// Those that something is of, under numbers that have no gaps.
class used_series {
  public:
    explicit used_series(const batch& of) : of_{of}, numbers_(of.all_series().size(), unused) {
        for (const auto& [key, sums] : of.minutes()) {
            meet(key.what);
        }
        for (const batch::row& each : of.rows()) {
            meet(each.what);
        }
    }

    [[nodiscard]] std::uint64_t number(batch::series_index of) const noexcept {
        return numbers_[of];
    }

    void write(frame_writer& to) const {
        to.numbers(std::uint64_t{met_.size()});
        for (const batch::series_index each : met_) {
            write_series(to, of_.all_series()[each]);
        }
    }

  private:
    static constexpr std::uint32_t unused = UINT32_MAX;

    void meet(batch::series_index which) {
        if (numbers_[which] == unused) {
            numbers_[which] = static_cast<std::uint32_t>(met_.size());
            met_.push_back(which);
        }
    }

    const batch& of_;
    std::vector<std::uint32_t> numbers_;
    std::vector<batch::series_index> met_;
};

void write_row(frame_writer& to, const batch::row& what, std::uint64_t series) {
    to.numbers(series);
    to.folded_numbers(
        what.started.time_since_epoch().count(),
        what.ended.time_since_epoch().count(),
        what.took.count(),
        what.limit.count(),
        what.cause_limit.count()
    );
    to.numbers(what.trace.trace_high, what.trace.trace_low, what.trace.span);
    to.numbers(std::uint64_t{what.one_in}, std::uint64_t{what.notable});
    to.text(what.detail);
}

result<> read_all_series(frame_reader& from, batch& into) {
    // `other` and its ways to end come on top of the bound.
    for (auto left = from.count(batch::series_max * 2); left > 0 && from.is_sound(); --left) {
        const named_series names{from};
        if (!from.is_sound()) {
            break;
        }
        auto read = read_series(names, 0);
        if (!read) {
            return std::unexpected{read.error()};
        }
        (void)into.put(*std::move(read));
    }
    return {};
}

void read_minutes(frame_reader& from, batch& into) {
    for (auto left = from.count(batch::minutes_max); left > 0 && from.is_sound(); --left) {
        const minute at = from.folded_number();
        const auto what = from.count(into.all_series().size());
        const auto near_misses = from.number();
        sparse_figures sums;
        from.expect(what < into.all_series().size() && sums.decode(from.text()));
        if (from.is_sound()) {
            sums.add_near_misses(near_misses);
            into.put(batch::minute_key{at, static_cast<batch::series_index>(what)}, sums);
        }
    }
}

void read_rows(frame_reader& from, batch& into) {
    for (auto left = from.count(batch::rows_max); left > 0 && from.is_sound(); --left) {
        batch::row read{};
        read.what = static_cast<batch::series_index>(from.count(into.all_series().size()));
        read.started = wall_time{duration{from.folded_number()}};
        read.ended = wall_time{duration{from.folded_number()}};
        read.took = duration{from.folded_number()};
        read.limit = duration{from.folded_number()};
        read.cause_limit = duration{from.folded_number()};
        read.trace.trace_high = from.number();
        read.trace.trace_low = from.number();
        read.trace.span = from.number();
        read.one_in = static_cast<std::uint32_t>(from.count(UINT32_MAX));
        read.notable = from.count(1) == 1;
        read.detail = from.text();
        kept_operation unused;
        from.expect(read.what < into.all_series().size() && decode_detail(read.detail, unused));
        if (from.is_sound()) {
            into.put(std::move(read));
        }
    }
}

void read_rest(frame_reader& from, batch& into) {
    for (auto left = from.count(batch::marks_max); left > 0 && from.is_sound(); --left) {
        const wall_time at{duration{from.folded_number()}};
        (void)into.take(mark{at, std::string{from.text()}});
    }
    for (std::uint64_t i = 0, count = from.count(fate_count); i < count; ++i) {
        into.count(static_cast<fate>(i), from.number());
    }
}

}  // namespace

std::string encode_frame(const batch& what, const frame_head& head) {
    frame_writer to;
    to.numbers(form);
    to.folded_numbers(
        head.by.process,
        std::int64_t{head.by.started.time_since_epoch().count()},
        std::int64_t{head.at.time_since_epoch().count()}
    );
    to.text(head.by.version);
    to.numbers(std::uint64_t{head.stopped});
    const used_series used{what};
    used.write(to);
    to.numbers(std::uint64_t{what.minutes().size()});
    for (const auto& [key, sums] : what.minutes()) {
        to.folded_numbers(key.at);
        to.numbers(used.number(key.what), sums.near_misses());
        to.text(sums.encode());
    }
    to.numbers(std::uint64_t{what.rows().size()});
    for (const batch::row& each : what.rows()) {
        write_row(to, each, used.number(each.what));
    }
    to.numbers(std::uint64_t{what.marks().size()});
    for (const mark& each : what.marks()) {
        to.folded_numbers(each.at.time_since_epoch().count());
        to.text(each.text);
    }
    to.numbers(std::uint64_t{fate_count});
    for (const std::uint64_t each : what.what_became()) {
        to.numbers(each);
    }
    const std::string& payload = to.whole();
    const std::array<std::uint32_t, 2> numbers{
        static_cast<std::uint32_t>(payload.size()), checksum(0, std::as_bytes(std::span{payload}))
    };
    std::string whole{magic.begin(), magic.end()};
    whole.append(reinterpret_cast<const char*>(numbers.data()), sizeof numbers);
    return whole += payload;
}

bool is_frame(std::span<const std::byte> bytes) noexcept {
    return bytes.size() >= outer_size && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

result<> decode_frame(std::span<const std::byte> bytes, batch& into, frame_head& head) {
    std::array<std::uint32_t, 2> numbers{};
    if (!is_frame(bytes)) {
        return fail(errc::ledger_corrupt);
    }
    std::memcpy(numbers.data(), bytes.data() + magic.size(), sizeof numbers);
    const auto payload = bytes.subspan(outer_size);
    if (payload.size() != numbers[0] || checksum(0, payload) != numbers[1]) {
        return fail(errc::ledger_corrupt);
    }
    frame_reader from{{reinterpret_cast<const char*>(payload.data()), payload.size()}};
    if (from.number() != form) {
        return fail(errc::ledger_newer);
    }
    head.by.process = from.folded_number();
    head.by.started = wall_time{duration{from.folded_number()}};
    head.at = wall_time{duration{from.folded_number()}};
    head.by.version = from.text();
    head.stopped = from.count(1) == 1;
    if (const auto read = read_all_series(from, into); !read) {
        return read;
    }
    read_minutes(from, into);
    read_rows(from, into);
    read_rest(from, into);
    return from.is_sound() && from.at_end() ? result<>{} : fail(errc::ledger_corrupt);
}

}  // namespace curfew::ledger
