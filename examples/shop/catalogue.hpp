#pragma once

#include "http.hpp"

#include <memory>
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
    /// is none. Ends the program with a sentence when the database cannot be used.
    explicit catalogue(const std::string& url);
    catalogue(const catalogue&) = delete;
    catalogue& operator=(const catalogue&) = delete;
    ~catalogue();

    [[nodiscard]] response list();

  private:
    std::unique_ptr<curfew::pg::pool> database_;
};

}  // namespace shop
