#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shop {

/// As much of HTTP/1.1 as the shop needs.
struct request {
    std::string method;
    std::string path;
    std::string body;
    bool keep_alive = true;
};

struct response {
    int status = 200;
    std::string body;
};

/// A connected socket with the bytes that were read ahead. Closes itself.
class connection {
  public:
    explicit connection(int handle) noexcept : handle_{handle} {}

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    [[nodiscard]] int handle() const noexcept { return handle_; }

    /// Whether the next request has already begun to arrive.
    [[nodiscard]] bool has_bytes() const noexcept { return !ahead_.empty(); }

    /// Reads one request, blocking for at most 5 s a read. Nothing: the peer left, was too slow, or
    /// sent what the shop does not speak (then 400 was answered).
    std::optional<request> read_request();

    /// Whether the whole answer was taken by the kernel.
    bool write_response(const response& answer, bool keep_alive);

  private:
    bool read_more();
    bool read_until(std::size_t size);
    void refuse();

    int handle_;
    std::string ahead_;
};

/// Listens on 127.0.0.1; port 0 picks one. Ends the process with a sentence when it cannot.
int listen_on(std::uint16_t port);

/// "127.0.0.1:PORT" of a listening socket.
std::string address_of(int listener);

}  // namespace shop
