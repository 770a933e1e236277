#pragma once

#include <curfew/admin/live_state.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/http/client.hpp>
#include <curfew/protocol/sse.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/task.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::cli {

/// How long to wait before a process that went away is tried again: 250 ms, twice as long each
/// time, 5 s at most.
class retry_pause {
  public:
    [[nodiscard]] duration next() noexcept {
        const duration pause = pause_;
        pause_ = std::min(2 * pause_, longest);
        return pause;
    }

    /// It answered.
    void reset() noexcept { pause_ = shortest; }

    static constexpr duration shortest = std::chrono::milliseconds{250};
    static constexpr duration longest = std::chrono::seconds{5};

  private:
    duration pause_ = shortest;
};

/// The stream of one process's admin listener (`/-/events`), read to its end. A process that says
/// nothing for `silence` counts as gone: a living one sends something every second.
/// Thread rule: the loop's thread.
class attachment {
  public:
    struct target {
        std::string shown;  ///< as it was given
        std::string host;
        std::uint16_t port = 0;
    };

    /// Hears what comes. False: that was enough.
    class hearer {
      public:
        virtual ~hearer() = default;
        virtual void attached() = 0;
        [[nodiscard]] virtual bool take(admin::live_state&& state) = 0;
        virtual void take(admin::live_end&& end) = 0;
        virtual void take(const admin::live_missed& missed) = 0;
    };

    /// `token`: empty where none is needed. All that is given outlives it.
    attachment(
        runtime::loop& on,
        runtime::network& through,
        target to,
        std::string_view token,
        hearer& told
    );

    /// Until the stream ends, or the hearer has enough, or `under` ends. Why, in words for people,
    /// without a full stop; empty: the hearer had enough, or `under` ended.
    [[nodiscard]] runtime::task<std::string> follow(runtime::scope& under);

    static constexpr duration silence = std::chrono::seconds{5};

  private:
    [[nodiscard]] runtime::task<std::string> begin(runtime::scope& under);
    [[nodiscard]] runtime::task<std::string> read(runtime::scope& under);
    [[nodiscard]] bool take(std::string_view piece, sse::parser& parser, std::string& trouble);
    [[nodiscard]] bool take(const sse::message& what, std::string& trouble);

    runtime::network& through_;
    runtime::resolver resolver_;
    target to_;
    std::string request_;
    hearer& told_;
    std::optional<http::client> client_;
};

}  // namespace curfew::cli
