#pragma once

#include <curfew/clients/pg/trouble.hpp>
#include <curfew/core/account.hpp>
#include <curfew/core/cause.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace curfew::pg {

/// What was being done when it went wrong.
enum class operation : std::uint8_t { connection, initialization, acquire, query, transaction };

/// `connection`, `query`, ...
[[nodiscard]] std::string_view to_string(operation what) noexcept;

/// Why something a pool was asked for did not come: a value, never an exception.
struct error {
    operation during = operation::query;
    trouble what{};  ///< code of the closed list, SQLSTATE and words of the server
    cause why{};     ///< who decided, and by which limit
    duration took{};
    time_account account{};     ///< where that time went
    std::string environment{};  ///< of the pool: "staging"
    std::string pressure{};     ///< what the pool was told of it; empty: nothing
    duration retry_after{};     ///< of an open breaker; else zero

    /// A statement was sent and its end not heard: it may have taken effect, or may not.
    bool outcome_unknown = false;

    [[nodiscard]] errc code() const noexcept { return what.code; }

    [[nodiscard]] bool is_timeout() const noexcept;

    /// One sentence. Of a timeout it is exactly of this form:
    /// `Database connection timeout: 76.2s exceeded limit 75.0s`
    [[nodiscard]] std::string message() const;

    /// What stands behind it: environment, pressure, the limit's name, the time account.
    /// `environment staging; limit database.connection; pressure none; time: connect 76.20 s`
    [[nodiscard]] std::string details() const;
};

template <class T = void>
using reply = std::expected<T, error>;

}  // namespace curfew::pg
