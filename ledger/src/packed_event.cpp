#include "packed_event.hpp"

#include "checksum.hpp"
#include "last_values.hpp"

#include <algorithm>
#include <cstring>

namespace curfew::ledger {
namespace {

struct head {
    std::int64_t started;
    std::int64_t took;
    std::int64_t limit;
    std::int64_t cause_limit;
    std::uint64_t trace_high;
    std::uint64_t trace_low;
    std::uint64_t span;
    std::uint8_t trace_flags;
    std::uint8_t where;
    std::uint8_t ended;
    std::uint8_t why;
    std::uint8_t reason;
    std::uint8_t error;  // 0: none; else the code plus one
    std::uint8_t stages;
    std::uint8_t attributes;
    std::uint8_t name_size;
    std::uint8_t limit_name_size;
    std::uint8_t cut;
    std::uint8_t spare[5];
};

static_assert(sizeof(head) == 72 && std::has_unique_object_representations_v<head>);

constexpr std::size_t stage_bytes = 10;

template <class T>
bool read_enum(std::uint8_t from, T& to) noexcept {
    to = static_cast<T>(from);
    return from <= last_number<T>;
}

std::uint8_t size_of(std::string_view text, std::size_t most) noexcept {
    return static_cast<std::uint8_t>(std::min(text.size(), most));
}

std::span<const event::attribute> kept_attributes(const event& what) noexcept {
    return what.attributes.first(std::min(what.attributes.size(), attributes_max));
}

std::byte* put(std::byte* to, const void* from, std::size_t size) noexcept {
    if (size != 0) std::memcpy(to, from, size);
    return to + size;
}

/// What is left to read.
class cursor {
  public:
    explicit cursor(std::span<const std::byte> bytes) noexcept : left_{bytes} {}

    bool take(void* to, std::size_t size) noexcept {
        if (left_.size() < size) return false;
        if (size != 0) std::memcpy(to, left_.data(), size);
        left_ = left_.subspan(size);
        return true;
    }

    bool take(std::string_view& to, std::size_t size) noexcept {
        if (left_.size() < size) return false;
        to = {reinterpret_cast<const char*>(left_.data()), size};
        left_ = left_.subspan(size);
        return true;
    }

    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }

  private:
    std::span<const std::byte> left_;
};

bool read_stages(cursor& from, std::size_t count, time_account& to) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        std::int64_t spent = 0;
        std::array<std::uint8_t, 2> which{};
        stage what{};
        if (!from.take(&spent, sizeof spent) || !from.take(which.data(), which.size()) ||
            !read_enum(which[0], what)) {
            return false;
        }
        to.add(what, duration{spent}, which[1]);
    }
    return true;
}

bool read_attributes(cursor& from, std::size_t count, unpacked_event& to) noexcept {
    if (count > attributes_max) return false;
    for (std::size_t i = 0; i < count; ++i) {
        std::array<std::uint8_t, 2> sizes{};
        if (!from.take(sizes.data(), sizes.size()) || sizes[0] > attribute_key_max ||
            sizes[1] > attribute_value_max || !from.take(to.attributes[i].key, sizes[0]) ||
            !from.take(to.attributes[i].value, sizes[1])) {
            return false;
        }
    }
    to.told.attributes = {to.attributes.data(), count};
    return true;
}

}  // namespace

std::size_t packed_size(const event& what) noexcept {
    std::size_t size = sizeof(head) + what.account.entries().size() * stage_bytes +
                       size_of(what.name, name_max) + size_of(what.why.limit_name, limit_name_max);
    for (const auto& each : kept_attributes(what)) {
        size +=
            2U + size_of(each.key, attribute_key_max) + size_of(each.value, attribute_value_max);
    }
    return size;
}

void pack(const event& what, std::byte* to) noexcept {
    const auto attributes = kept_attributes(what);
    bool cut = attributes.size() < what.attributes.size() || what.name.size() > name_max ||
               what.why.limit_name.size() > limit_name_max;
    std::byte* at = to + sizeof(head);
    for (const auto& each : what.account.entries()) {
        const auto spent = each.spent.count();
        at = put(at, &spent, sizeof spent);
        *at++ = static_cast<std::byte>(each.what);
        *at++ = static_cast<std::byte>(each.number);
    }
    at = put(at, what.name.data(), size_of(what.name, name_max));
    at = put(at, what.why.limit_name.data(), size_of(what.why.limit_name, limit_name_max));
    for (const auto& each : attributes) {
        const auto key = size_of(each.key, attribute_key_max);
        const auto value = size_of(each.value, attribute_value_max);
        cut = cut || key < each.key.size() || value < each.value.size();
        *at++ = static_cast<std::byte>(key);
        *at++ = static_cast<std::byte>(value);
        at = put(at, each.key.data(), key);
        at = put(at, each.value.data(), value);
    }
    const head first{
        .started = what.started.time_since_epoch().count(),
        .took = what.took.count(),
        .limit = what.limit.count(),
        .cause_limit = what.why.limit.count(),
        .trace_high = what.trace.trace_high,
        .trace_low = what.trace.trace_low,
        .span = what.trace.span,
        .trace_flags = what.trace.flags,
        .where = static_cast<std::uint8_t>(what.where),
        .ended = static_cast<std::uint8_t>(what.ended),
        .why = static_cast<std::uint8_t>(what.why.kind),
        .reason = static_cast<std::uint8_t>(what.why.reason),
        .error = static_cast<std::uint8_t>(what.error ? static_cast<int>(*what.error) + 1 : 0),
        .stages = static_cast<std::uint8_t>(what.account.entries().size()),
        .attributes = static_cast<std::uint8_t>(attributes.size()),
        .name_size = size_of(what.name, name_max),
        .limit_name_size = size_of(what.why.limit_name, limit_name_max),
        .cut = cut,
        .spare = {},
    };
    put(to, &first, sizeof first);
}

bool unpack(std::span<const std::byte> from, unpacked_event& to) noexcept {
    cursor left{from};
    head first{};
    event& told = to.told;
    told = {};
    if (!left.take(&first, sizeof first) || first.stages > time_account::capacity ||
        !read_enum(first.where, told.where) || !read_enum(first.ended, told.ended) ||
        !read_enum(first.why, told.why.kind) || !read_enum(first.reason, told.why.reason) ||
        first.error > last_number<errc> + 1 || first.limit_name_size > limit_name_max) {
        return false;
    }
    if (first.error != 0) {
        told.error = static_cast<errc>(first.error - 1);
    }
    told.started = time_point{duration{first.started}};
    told.took = duration{first.took};
    told.limit = duration{first.limit};
    told.why.limit = duration{first.cause_limit};
    told.trace = {first.trace_high, first.trace_low, first.span, first.trace_flags};
    to.cut = first.cut != 0;
    return read_stages(left, first.stages, told.account) && left.take(told.name, first.name_size) &&
           left.take(told.why.limit_name, first.limit_name_size) &&
           read_attributes(left, first.attributes, to) && left.at_end();
}

std::uint32_t packed_form() noexcept {
    constexpr std::string_view layout = "72 bytes little-endian, form 2";
    std::uint32_t sum = checksum({}, std::as_bytes(std::span{layout}));
    const auto add = [&sum]<class T>(T) {
        for (unsigned i = 0; i <= last_number<T>; ++i) {
            const std::string_view name = to_string(static_cast<T>(i));
            sum = checksum(sum, std::as_bytes(std::span{name}));
        }
    };
    add(surface{});
    add(outcome{});
    add(cause_kind{});
    add(shed_reason{});
    add(stage{});
    for (const auto& each : errc_table()) {
        sum = checksum(sum, std::as_bytes(std::span{each.id}));
    }
    return sum;
}

}  // namespace curfew::ledger
