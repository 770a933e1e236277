#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>

struct pg_conn;

namespace curfew::pg {

/// Hears of a connection's process and its key for cancellations, which libpq tells nobody but its
/// own PQcancel, and that one blocks without a bound when a server takes connections and does not
/// read. It listens to libpq's trace while the connection is made, and keeps nothing else of it.
/// Stays where it is while it listens.
class key_catcher {
  public:
    struct key {
        std::int32_t process = 0;
        std::int32_t secret = 0;
    };

    key_catcher() noexcept = default;
    key_catcher(const key_catcher&) = delete;
    key_catcher& operator=(const key_catcher&) = delete;
    ~key_catcher();

    void listen(pg_conn* to) noexcept;

    /// No more; before the connection is closed.
    void stop() noexcept;

    [[nodiscard]] const std::optional<key>& found() const noexcept { return found_; }

  private:
    struct closer {
        void operator()(std::FILE* of) const noexcept;
    };

    static ssize_t take(void* self, const char* bytes, std::size_t size) noexcept;
    void read_line() noexcept;
    void forget() noexcept;

    pg_conn* heard_ = nullptr;
    std::unique_ptr<std::FILE, closer> stream_;
    std::array<char, 128> buffer_{};
    std::array<char, 128> line_{};
    std::size_t size_ = 0;
    std::optional<key> found_;
};

}  // namespace curfew::pg
