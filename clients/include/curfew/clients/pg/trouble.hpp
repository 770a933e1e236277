#pragma once

#include <curfew/core/failure.hpp>

#include <expected>
#include <string>
#include <string_view>

namespace curfew::pg {

/// What a database, or the way to it, said. Never holds a password. Of what the server says only
/// its primary message is taken, in one line of at most `message_max` bytes, and not even that of
/// the SQLSTATE classes 22 and 23: it quotes values ("invalid input syntax for type integer").
struct trouble {
    static constexpr std::size_t message_max = 300;

    errc code = errc::internal;
    std::string sqlstate{};  ///< five characters; empty: the server did not say
    int system = 0;          ///< errno, where the system said it; else 0
    std::string message{};

    [[nodiscard]] failure as_failure() const noexcept { return {code, system}; }
};

/// The house's word for a SQLSTATE: whose fault it is, and whether again may help.
[[nodiscard]] errc code_of_sqlstate(std::string_view sqlstate) noexcept;

/// `database_refused` and its kin: the server answered, and all is well with the connection.
[[nodiscard]] bool is_answer(errc code) noexcept;

template <class T = void>
using answer = std::expected<T, trouble>;

}  // namespace curfew::pg
