#include "watching.hpp"
#include <curfew/runtime/sleep.hpp>

namespace curfew::cli {

namespace {

std::vector<std::string> addresses_of(const watch_request& what) {
    std::vector<std::string> all;
    for (const attachment::target& each : what.processes) {
        all.push_back(each.shown);
    }
    return all;
}

}  // namespace

/// One process, and what is heard of it.
class watched_fleet::member final : public attachment::hearer {
  public:
    member(
        admin::watch_model& model,
        std::size_t process,
        runtime::loop& on,
        runtime::network& through,
        const watch_request& what
    )
        : model_{model},
          process_{process},
          link_{on, through, what.processes[process], what.token, *this} {}

    void attached() override { model_.attached(process_); }

    [[nodiscard]] bool take(admin::live_state&& state) override {
        pause_.reset();
        model_.take(process_, std::move(state));
        if (changed_ != nullptr && std::exchange(fresh_, false)) {
            changed_->pass();
        }
        return !once_;
    }

    void take(admin::live_end&& end) override { model_.take(process_, std::move(end)); }

    void take(const admin::live_missed& missed) override { model_.take(process_, missed); }

    [[nodiscard]] attachment& link() noexcept { return link_; }

    [[nodiscard]] retry_pause& pause() noexcept { return pause_; }

    void tell(runtime::baton* changed) noexcept {
        changed_ = changed;
        fresh_ = true;
    }

    void look_only_once() noexcept { once_ = true; }

  private:
    admin::watch_model& model_;
    std::size_t process_;
    attachment link_;
    retry_pause pause_;
    runtime::baton* changed_ = nullptr;
    bool fresh_ = false;  ///< no state has come since it was attached
    bool once_ = false;
};

watched_fleet::watched_fleet(
    runtime::loop& on, runtime::network& through, const watch_request& what
)
    : model_{addresses_of(what)} {
    for (std::size_t i = 0; i < what.processes.size(); ++i) {
        members_.push_back(std::make_unique<member>(model_, i, on, through, what));
    }
}

watched_fleet::~watched_fleet() = default;

runtime::task<> watched_fleet::keep_attached(
    std::size_t process, runtime::scope& under, runtime::baton& changed
) {
    member& its = *members_[process];
    while (!under.ended()) {
        its.tell(&changed);
        auto following = its.link().follow(under);
        auto trouble = co_await following;
        if (under.ended()) {
            break;
        }
        const time_point next_try = under.on().now() + its.pause().next();
        model_.lost(process, std::move(trouble), next_try);
        changed.pass();
        runtime::sleep_until until{under, next_try};
        co_await until;
    }
}

runtime::task<> watched_fleet::follow(runtime::scope& under, runtime::baton& changed) {
    runtime::task_group all;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        all.spawn(keep_attached(i, under, changed));
    }
    runtime::scope always{under.on()};
    auto joining = all.join(always);
    co_await joining;
}

runtime::task<> watched_fleet::look_at(std::size_t process, runtime::scope& under) {
    member& its = *members_[process];
    its.look_only_once();
    auto following = its.link().follow(under);
    auto trouble = co_await following;
    if (!trouble.empty()) {
        model_.lost(process, std::move(trouble), std::nullopt);
    }
}

runtime::task<> watched_fleet::look_once(runtime::scope& under) {
    runtime::task_group all;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        all.spawn(look_at(i, under));
    }
    runtime::scope always{under.on()};
    auto joining = all.join(always);
    co_await joining;
}

}  // namespace curfew::cli
