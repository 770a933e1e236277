#pragma once

#include "hang_alarm.hpp"
#include "read_ahead.hpp"
#include "session.hpp"
#include "upload.hpp"
#include "upstream_pool.hpp"
#include "worker_state.hpp"
#include <curfew/core/budget.hpp>
#include <curfew/gateway/deadline_fields.hpp>
#include <curfew/gateway/forwarding.hpp>
#include <curfew/gateway/refusal.hpp>
#include <curfew/http/head_reader.hpp>
#include <curfew/runtime/baton.hpp>

#include <optional>
#include <string>

namespace curfew::gateway {

/// The error that stands for the end of a request's scope, and how it counts.
[[nodiscard]] errc error_of(const cause& why) noexcept;
[[nodiscard]] outcome outcome_of(const cause& why) noexcept;

/// The same, of an end that the client brought about: it counts for nothing.
[[nodiscard]] outcome outcome_by_client(const cause& why) noexcept;

/// Why what is not served was refused.
inline constexpr cause rejection{cause_kind::rejected};

/// Why an exchange ended that failed with `code`, when no limit and no guard ended it.
[[nodiscard]] cause cause_of(errc code) noexcept;

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
    [[nodiscard]] runtime::task<bool> receive_first();
    [[nodiscard]] runtime::task<bool> admit();
    [[nodiscard]] runtime::task<> refuse(errc code, cause why, duration retry_after = {});
    void end_with(
        outcome ended, const cause& why, int status, std::optional<errc> error = {}
    ) noexcept;
    void keep_facts() noexcept;
    void conclude() noexcept;
    void tell() const noexcept;

    // attempt.cpp: one try at the upstream, until the response's head is here.
    [[nodiscard]] runtime::task<next> attempt(std::uint8_t number);
    [[nodiscard]] runtime::task<result<>> get_connection(bool fresh);
    [[nodiscard]] runtime::task<result<>> send_request();
    [[nodiscard]] runtime::task<result<>> read_response_head();
    [[nodiscard]] runtime::task<bool> pass_on_interim();
    [[nodiscard]] runtime::task<next> settle_failure(failure what, std::uint8_t number);
    [[nodiscard]] runtime::task<> settle_end();
    [[nodiscard]] bool may_try_again(failure what, std::uint8_t number) const noexcept;
    [[nodiscard]] bool is_supervised() const noexcept;
    [[nodiscard]] bool may_outlive_a_crash(failure what) const noexcept;
    [[nodiscard]] bool upstream_had_its_time(const cause& why) const noexcept;
    [[nodiscard]] loan* endpoint_to_blame() noexcept;
    [[nodiscard]] runtime::task<> tell_to_continue();
    void begin_upload(std::string_view head);
    [[nodiscard]] runtime::task<next> wait_for_backend(failure what);
    void tell_overdue(const cause& why) const;
    void give_up_on_upstream(const cause& why);

    // relay.cpp: from the response's head to the end of its body.
    struct cut;
    [[nodiscard]] runtime::task<> relay_response();
    [[nodiscard]] runtime::task<std::optional<cut>> relay_body();
    [[nodiscard]] runtime::task<std::optional<cut>> more_of_answer();
    [[nodiscard]] runtime::task<bool> pass_on(
        std::string_view data, const http1::body_decoder& decoder, std::string_view rest
    );
    void learn_route();
    void upstream_is_done(bool in_order);
    void finish_whole();
    void break_off(const cut& how);

    [[nodiscard]] time_point now() const noexcept { return at_.on.now(); }

    worker_state& at_;
    client_side& client_;
    const http1::request_head head_;
    const std::size_t head_bytes_;
    const route_match match_;
    const policy::route_limits& limits_;
    const limit_names& names_;
    upstream_pool& pool_;
    const route_index place_;  ///< of its guards and numbers
    budget budget_;
    traced trace_;
    runtime::scope scope_;
    permit permit_;
    std::optional<upstream_connection> upstream_;
    bool endpoints_fault_ = false;  ///< the end, and no word about the route
    hang_alarm alarm_;
    live_work live_;

    http::block request_out_;
    http::block response_out_;
    std::optional<http::response_parser> response_;
    std::string_view unsent_head_;  ///< of the response: goes out with the first bytes of the body
    bool chunked_out_ = false;
    keep_alive_terms idle_terms_;  ///< of the upstream's connection
    http::input_buffer answer_;    ///< of the upstream's body, what is not passed on yet

    read_ahead ahead_;  ///< of the answer, while the client is slow to take it

    // The request's head is consumed once its body is being sent.
    upload body_;
    bool told_to_continue_ = false;
    std::string learnable_host_;
    std::string learnable_path_;

    // For the access log, if there is one: copies, for the head may be gone at the end.
    http::block kept_;
    request_facts facts_;
    const std::uint64_t sent_before_;

    request_end end_;
    std::optional<errc> error_;
    bool event_stream_ = false;
    reading_pace pace_;
    bool cut_ = false;          ///< the connection was, since the request was last sent
    std::uint8_t crashes_ = 0;  ///< of the backend, that it was sent into
    time_point sent_at_{};
};

}  // namespace curfew::gateway
