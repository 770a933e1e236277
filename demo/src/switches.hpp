#pragma once

#include <curfew/http/client.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::demo {

/// What the shop's control port tells.
struct shop_status {
    std::int64_t pid = 0;
    std::uint64_t stuck = 0;
    std::uint64_t trapped = 0;
};

/// Reads the control port's JSON; what is missing stays zero.
[[nodiscard]] shop_status parse_status(std::string_view json);

/// The shop's switches. Each call ends within 2 s. Thread rule: the loop's.
class switches {
  public:
    switches(runtime::network& through, runtime::endpoint control) noexcept
        : network_{through}, control_{control} {}

    [[nodiscard]] runtime::task<result<shop_status>> look(runtime::scope& under);

    /// `path` is "/hang/on", "/hang/off" or "/crash"; the last one has no answer but its end.
    [[nodiscard]] runtime::task<result<shop_status>> turn(std::string path, runtime::scope& under);

  private:
    [[nodiscard]] runtime::task<result<shop_status>> ask(
        http1::method_id method, std::string path, runtime::scope& under
    );

    runtime::network& network_;
    runtime::endpoint control_;
};

}  // namespace curfew::demo
