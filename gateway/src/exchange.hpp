#pragma once

#include "session.hpp"
#include "upstream_pool.hpp"
#include "worker_state.hpp"
#include <curfew/core/budget.hpp>
#include <curfew/gateway/deadline_fields.hpp>
#include <curfew/gateway/forwarding.hpp>
#include <curfew/gateway/refusal.hpp>
#include <curfew/protocol/http1_body.hpp>
#include <curfew/protocol/http1_parser.hpp>
#include <curfew/runtime/baton.hpp>

#include <optional>
#include <string>

namespace curfew::gateway {

/// The error that stands for the end of a request's scope, and how it counts.
[[nodiscard]] errc error_of(const cause& why) noexcept;
[[nodiscard]] outcome outcome_of(const cause& why) noexcept;
[[nodiscard]] bool is_upstreams_fault(errc code) noexcept;

/// One request from its parsed head to its end: admitted, sent upstream, answered, counted. Lives
/// in its session's frame. The head's views point into the client's input buffer, which must not be
/// consumed while they are needed.
class exchange {
  public:
    /// `consumed`: bytes of the head in the client's buffer; `arrival`: when its first byte came.
    exchange(
        worker_state& at,
        client_side& client,
        const http1::request_head& head,
        std::size_t consumed,
        route_match match,
        time_point arrival
    );
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;
    ~exchange();

    /// Ends with the client answered, or gone. `client_side` tells whether it can go on.
    [[nodiscard]] runtime::task<> run();

  private:
    enum class next : std::uint8_t { done, retry };

    // exchange.cpp: from the head to a permit, and the end.
    [[nodiscard]] runtime::task<bool> admit();
    [[nodiscard]] runtime::task<> refuse(errc code, cause why, duration retry_after = {});
    void end_with(
        outcome ended, const cause& why, int status, std::optional<errc> error = {}
    ) noexcept;
    void conclude() noexcept;
    void tell() const noexcept;

    // attempt.cpp: one try at the upstream, until the response's head is here.
    [[nodiscard]] runtime::task<next> attempt(std::uint8_t number);
    [[nodiscard]] runtime::task<result<>> get_connection(bool fresh);
    [[nodiscard]] runtime::task<result<>> send_request();
    [[nodiscard]] runtime::task<result<>> read_response_head();
    [[nodiscard]] runtime::task<next> settle_failure(failure what, std::uint8_t number);
    [[nodiscard]] bool may_try_again(failure what, std::uint8_t number) const noexcept;
    [[nodiscard]] bool may_outlive_a_crash(failure what) const noexcept;
    [[nodiscard]] runtime::task<next> wait_for_backend(failure what);
    void give_up_on_upstream(const cause& why);

    // relay.cpp: bodies, both ways.
    void begin_upload(std::string_view head);
    [[nodiscard]] runtime::task<> upload();
    [[nodiscard]] runtime::task<> stop_upload();
    void fail_upload(errc code, const cause& why) noexcept;
    void begin_waiting_for_client() noexcept;
    void end_waiting_for_client() noexcept;
    [[nodiscard]] bool is_too_slow(time_point begun) const noexcept;
    [[nodiscard]] runtime::task<> relay_response();
    [[nodiscard]] runtime::task<result<>> relay_body(const response_framing& framing);
    [[nodiscard]] runtime::task<bool> pass_on(std::string_view data, bool chunked, bool last);
    void finish_response(const result<>& ended, bool uploaded);
    [[nodiscard]] bound idle_bound(duration length, std::string_view name) const noexcept;

    [[nodiscard]] time_point now() const noexcept { return at_.on.now(); }

    struct hang_alarm final : timer {
        explicit hang_alarm(exchange& e) noexcept;

        void cancel_on(timer_wheel& wheel) noexcept { wheel.cancel(*this); }

        exchange& of;
    };

    worker_state& at_;
    client_side& client_;
    const http1::request_head head_;
    const std::size_t head_bytes_;
    const route_match match_;
    const policy::route_limits& limits_;
    upstream_pool& pool_;
    budget budget_;
    traced trace_;
    runtime::scope scope_;
    permit permit_;
    std::optional<upstream_connection> upstream_;
    hang_alarm alarm_;

    http::block request_out_;
    http::block response_fields_;
    http::block response_out_;
    std::optional<http1::response_parser> response_;
    std::string_view unsent_head_;  ///< of the response: goes out with the first bytes of the body

    // The request's body; the head is consumed once it is being sent.
    http1::body_decoder uploaded_;
    std::optional<runtime::scope> upload_scope_;
    runtime::task_group uploading_;
    std::optional<failure> upload_failure_;
    std::optional<time_point> waiting_for_client_since_;  ///< for more of the body
    std::string_view request_head_out_;  ///< goes out with the first bytes of the body
    std::string learnable_host_;
    std::string learnable_path_;
    bool body_touched_ = false;

    request_end end_;
    std::optional<errc> error_;
    cause ended_why_{};  ///< why the relay ended before the body did
    bool event_stream_ = false;
    time_point sent_at_{};
};

}  // namespace curfew::gateway
