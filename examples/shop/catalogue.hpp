#pragma once

#include "http.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace curfew::pg {
class pool;
}

namespace shop {

/// The listings: two that never change, or those of a database, asked through curfew::pg.
/// Any thread.
class catalogue {
  public:
    /// `url`: of a PostgreSQL; empty: none. Makes the table `listing`, with two rows, where there
    /// is none: at the start, or with the first listing after the database has come. Ends the
    /// program with a sentence when the text is no place of a database.
    explicit catalogue(const std::string& url);
    catalogue(const catalogue&) = delete;
    catalogue& operator=(const catalogue&) = delete;
    ~catalogue();

    [[nodiscard]] response list();

  private:
    /// Whether there is a listing to ask for; says on stderr why not.
    [[nodiscard]] std::optional<response> prepare();

    std::unique_ptr<curfew::pg::pool> database_;
    std::mutex preparing_;
    std::atomic<bool> is_prepared_ = false;
};

}  // namespace shop
