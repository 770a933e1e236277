#pragma once

#include <curfew/clients/pg/trouble.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::pg {

/// Where a database is and who asks: a URL
/// (`postgresql://user:password@host:5432/name?sslmode=...`) or words (`host=... dbname=...`) as
/// libpq reads them, PG* environment variables where the text says nothing. A `service=` is
/// refused: its file could name hosts that nobody looked up.
class target {
  public:
    /// One of the servers, in the order in which they are tried.
    struct place {
        std::string host;     ///< as it was written; empty, or beginning with '/': a local socket
        std::string address;  ///< numeric, if it was written so
        std::string port;

        /// A name that has to be looked up before `session::connect`: libpq's own look-up knows no
        /// deadline, so it is never let near one.
        [[nodiscard]] bool is_named() const noexcept;
    };

    /// `bad_usage` if the text is neither. What was wrong is not repeated: it may hold a password.
    [[nodiscard]] static answer<target> parse(const std::string& text);

    [[nodiscard]] std::span<const place> places() const noexcept { return places_; }

    [[nodiscard]] const std::string& user() const noexcept { return user_; }

    [[nodiscard]] const std::string& database() const noexcept { return database_; }

    /// For people: `user@host:5432/name`, with every place, without any password.
    [[nodiscard]] std::string text() const;

    /// The words as libpq takes them, without those that say where. Holds the password.
    [[nodiscard]] std::span<const std::pair<std::string, std::string>> words() const noexcept {
        return words_;
    }

    /// Whether the text (or the environment) says a word: "sslmode".
    [[nodiscard]] bool says(std::string_view word) const noexcept;

  private:
    std::vector<std::pair<std::string, std::string>> words_;
    std::vector<place> places_;
    std::string user_;
    std::string database_;
};

}  // namespace curfew::pg
