#pragma once

#include "admin_site.hpp"
#include "event_log.hpp"
#include <curfew/alerts/status.hpp>
#include <curfew/http/server.hpp>
#include <curfew/ledger/ledger.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task_group.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::cli {

/// The alerts of a serving Curfew: hears every event from the ledger's thread, looks at the figures
/// once a second on the control loop, tells the log, the ledger and the sinks what changes.
/// Thread rule: the control loop's thread, but `heard` and `drained`.
class alerting final : public ledger::listener {
  public:
    /// What the ledger gets to know: "alert slow", "firing", and a sentence.
    using recorder =
        std::function<void(std::string_view name, std::string_view state, std::string_view said)>;

    alerting(
        runtime::loop& on,
        runtime::network& through,
        std::shared_ptr<const policy::policy> rules,
        event_log& log
    );
    alerting(const alerting&) = delete;
    alerting& operator=(const alerting&) = delete;

    /// GET /-/alerts (JSON, or with `?text` for people), and POST /-/alerts/silence with
    /// `?name=NAME&for=1h`; `for=0s` ends it.
    void add_to(admin_site& site);

    /// `ledger`: how it is, nothing where none is kept.
    void begin(recorder record, std::function<std::optional<ledger::status>()> ledger);

    /// Another policy: states are kept by name (engine::adopt); a sink that is another now, or
    /// gone, still gets what waits for it.
    void adopt(std::shared_ptr<const policy::policy> rules);

    /// Nothing where there are no alerts.
    [[nodiscard]] std::optional<alerts::status> state() const;

    void heard(const event& what, ledger::wall_time ended) noexcept override;
    void drained(time_point now, std::uint64_t dropped) noexcept override;

    [[nodiscard]] bool attentive() const noexcept override {
        return watching_.load(std::memory_order_relaxed);
    }

    /// Gives what waits for sinks two seconds in all, and ends what is on its way then. Comes
    /// before it is destroyed.
    [[nodiscard]] runtime::task<> close();

    /// From now on `close` gives no time.
    void hurry() noexcept { farewell_.end({cause_kind::shutdown}); }

  private:
    struct place {
        policy::sink_policy rules;
        std::unique_ptr<alerts::outbox> box;
    };

    [[nodiscard]] bool wanted() const noexcept { return !rules_->alerts.empty(); }

    [[nodiscard]] runtime::task<http::response> list(const http::request& asked);
    [[nodiscard]] runtime::task<http::response> silence(const http::request& asked);
    [[nodiscard]] std::string no_such_alert(std::string_view name) const;
    [[nodiscard]] runtime::task<> watch();
    void tell(const std::vector<alerts::change>& changes);
    void tell_delivery(
        std::string_view sink, const alerts::notice& what, const alerts::delivery& how, bool news
    );
    void make_outboxes();
    [[nodiscard]] bool goes_to(const policy::alert_policy& rule, std::string_view sink) const;

    runtime::loop& loop_;
    runtime::network& network_;
    std::shared_ptr<const policy::policy> rules_;
    event_log& log_;
    process::system_host host_;
    recorder record_;
    std::function<std::optional<ledger::status>()> ledger_;
    mutable std::mutex lock_;
    alerts::engine engine_;
    std::uint64_t dropped_ = 0;
    runtime::scope scope_;
    runtime::scope farewell_;
    runtime::task_group tasks_;
    std::vector<place> places_;
    std::vector<std::unique_ptr<alerts::outbox>> retired_;
    std::string ids_;
    std::atomic<bool> watching_ = false;
    std::uint64_t seed_ = 0;
};

/// Who tells, for notices.
[[nodiscard]] alerts::source alert_source(const policy::policy& rules);

}  // namespace curfew::cli
