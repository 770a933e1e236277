#pragma once

#include <curfew/sim/world.hpp>

#include <deque>
#include <memory>
#include <string>

namespace curfew::sim {

/// One direction's bytes, owned by both ends, so that what was sent survives the sender.
struct pipe {
    std::string arrived;     ///< readable now
    std::size_t unread = 0;  ///< arrived and on the way
    bool ended = false;      ///< the writer's end has arrived
    bool reset = false;
    simulated_stream* reader = nullptr;
    simulated_stream* writer = nullptr;
};

class simulated_stream final : public runtime::stream {
  public:
    simulated_stream(
        world& in, runtime::endpoint local, runtime::endpoint peer, std::uint16_t port
    );
    simulated_stream(const simulated_stream&) = delete;
    simulated_stream& operator=(const simulated_stream&) = delete;
    ~simulated_stream() override;

    [[nodiscard]] runtime::io_result try_read(std::span<char> into) noexcept override;
    [[nodiscard]] runtime::io_result try_write(std::span<const iovec> from) noexcept override;
    [[nodiscard]] result<> connected() noexcept override;
    void shutdown_write() noexcept override;

    void abort() noexcept override { aborting_ = true; }

    void acknowledge() noexcept override { ++world_.acknowledgements_; }

    [[nodiscard]] std::size_t unacknowledged() const noexcept override {
        return outgoing_ ? outgoing_->unread : 0;
    }

    [[nodiscard]] runtime::endpoint peer() const noexcept override { return peer_; }

    [[nodiscard]] runtime::endpoint local() const noexcept override { return local_; }

    /// Joins two ends.
    static void join(simulated_stream& a, simulated_stream& b);

    void refuse(failure why) noexcept;
    void reset() noexcept;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  private:
    void end_writing(bool with_reset) noexcept;

    world& world_;
    std::uint64_t number_;
    runtime::endpoint local_;
    runtime::endpoint peer_;
    std::uint16_t port_;
    std::shared_ptr<pipe> incoming_;
    std::shared_ptr<pipe> outgoing_;
    result<> connected_{};
    bool write_ended_ = false;
    bool aborting_ = false;
};

class simulated_listener final : public runtime::listener {
  public:
    simulated_listener(world& in, runtime::endpoint at) : world_{in}, at_{at} {}

    simulated_listener(const simulated_listener&) = delete;
    simulated_listener& operator=(const simulated_listener&) = delete;
    ~simulated_listener() override;

    [[nodiscard]] result<std::unique_ptr<runtime::stream>> try_accept() noexcept override;

    [[nodiscard]] bool pending() noexcept override;

    [[nodiscard]] runtime::endpoint local() const noexcept override { return at_; }

    void arrive(std::unique_ptr<simulated_stream> connection);

  private:
    world& world_;
    runtime::endpoint at_;
    std::deque<std::unique_ptr<simulated_stream>> waiting_;
};

}  // namespace curfew::sim
