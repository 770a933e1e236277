#pragma once

#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/stream.hpp>

namespace curfew::runtime {

/// A TCP socket that a poller watches.
class socket_stream final : public stream {
  public:
    socket_stream(poller& outside, descriptor socket, const endpoint& peer) noexcept
        : outside_{outside}, socket_{std::move(socket)}, peer_{peer} {}

    socket_stream(const socket_stream&) = delete;
    socket_stream& operator=(const socket_stream&) = delete;
    ~socket_stream() override;

    [[nodiscard]] result<> watch() noexcept;

    [[nodiscard]] io_result try_read(std::span<char> into) noexcept override;
    [[nodiscard]] io_result try_write(std::span<const iovec> from) noexcept override;
    [[nodiscard]] result<> connected() noexcept override;
    void shutdown_write() noexcept override;
    void abort() noexcept override;
    void acknowledge() noexcept override;
    [[nodiscard]] std::size_t unacknowledged() const noexcept override;

    [[nodiscard]] endpoint peer() const noexcept override { return peer_; }

    [[nodiscard]] endpoint local() const noexcept override;

  private:
    poller& outside_;
    descriptor socket_;
    endpoint peer_;
    bool watched_ = false;
};

class socket_listener final : public listener {
  public:
    socket_listener(poller& outside, descriptor socket) noexcept
        : outside_{outside}, socket_{std::move(socket)} {}

    socket_listener(const socket_listener&) = delete;
    socket_listener& operator=(const socket_listener&) = delete;
    ~socket_listener() override;

    [[nodiscard]] result<> watch() noexcept;

    [[nodiscard]] result<std::unique_ptr<stream>> try_accept() noexcept override;
    [[nodiscard]] bool pending() noexcept override;
    [[nodiscard]] endpoint local() const noexcept override;

  private:
    poller& outside_;
    descriptor socket_;
    bool watched_ = false;
};

}  // namespace curfew::runtime
