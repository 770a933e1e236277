#include <curfew/core/expects.hpp>
#include <curfew/sim/processes.hpp>

#include <algorithm>
#include <csignal>

namespace curfew::sim {

class processes::simulated_unit final : public process::unit {
  public:
    simulated_unit(processes& of, const behaviour& script) : of_{of} {
        identity_.leader = start(script, 0);
        of_.units_.insert(this);
    }

    ~simulated_unit() override { of_.units_.erase(this); }

    [[nodiscard]] const process::unit_identity& identity() const noexcept override {
        return identity_;
    }

    [[nodiscard]] int notices() const noexcept override { return -1; }

    void collect() override { settle(); }

    [[nodiscard]] const std::optional<process::exit_report>& exited() const noexcept override {
        return exited_;
    }

    [[nodiscard]] bool empty() const noexcept override {
        return std::ranges::none_of(members_, [](const auto& one) { return one.alive; });
    }

    [[nodiscard]] process::census scan() override {
        settle();
        process::census found;
        found.keeper_alive = true;
        for (const auto& one : members_) {
            if (one.alive) {
                found.leader_alive |= one.facts.id == identity_.leader;
                found.members.push_back(one.facts);
                found.members.back().state = state_of(one);
            }
        }
        return found;
    }

    std::size_t signal(process::target whom, int number) override {
        settle();
        std::size_t reached = 0;
        const auto count = members_.size();  // what respawns meanwhile is not reached
        for (std::size_t i = 0; i < count; ++i) {
            const bool leads = members_[i].facts.id == identity_.leader;
            const bool meant =
                whom == process::target::everyone || leads == (whom == process::target::leader);
            if (members_[i].alive && meant) {
                of_.signals_.push_back({now(), members_[i].facts.id.pid, number});
                deliver(i, number);
                ++reached;
            }
        }
        settle();
        return reached;
    }

    [[nodiscard]] process::listener_owner who_listens(const runtime::endpoint&) override {
        return members_.front().script.listener;
    }

    [[nodiscard]] int standard_output() const noexcept override { return -1; }

    [[nodiscard]] int standard_error() const noexcept override { return -1; }

  private:
    struct member {
        behaviour script;
        process::process_facts facts;
        time_point born{};
        std::optional<time_point> dies{};
        int by_signal = 0;
        bool pending = false;  // a signal waits for SIGCONT
        bool stopped = false;
        bool alive = true;
    };

    [[nodiscard]] time_point now() const noexcept { return of_.time_.now(); }

    process::process_id start(const behaviour& script, pid_t parent) {
        member born;
        born.script = script;
        born.facts.name = script.name;
        born.facts.id = {
            of_.next_pid_++, static_cast<std::uint64_t>(now().time_since_epoch().count())
        };
        born.facts.parent = parent;
        born.born = now();
        born.stopped = script.stopped;
        if (script.lives) {
            born.dies = add_saturated(now(), *script.lives);
        }
        const auto id = born.facts.id;
        members_.push_back(std::move(born));
        for (const auto& child : script.children) {
            start(child, id.pid);
        }
        return id;
    }

    [[nodiscard]] char state_of(const member& one) const noexcept {
        if (one.script.uninterruptible && now() < one.born + *one.script.uninterruptible) {
            return 'D';
        }
        return one.stopped ? 'T' : 'S';
    }

    void die_by(member& one, int number, time_point at) {
        if (one.script.uninterruptible) {
            at = std::max(at, one.born + *one.script.uninterruptible);
        }
        if (!one.dies || at < *one.dies) {
            one.dies = at;
            one.by_signal = number;
        }
    }

    void deliver(std::size_t index, int number) {
        auto& one = members_[index];
        switch (number) {
            case SIGKILL:
                die_by(one, number, now());
                break;
            case SIGSTOP:
                one.stopped = true;
                break;
            case SIGCONT:
                one.stopped = false;
                if (one.pending) {
                    one.pending = false;
                    deliver(index, SIGTERM);
                }
                break;
            case SIGTERM:
            case SIGINT:
            case SIGHUP:
                if (one.stopped) {
                    one.pending = true;
                } else if (one.script.obeys_after) {
                    die_by(one, number, add_saturated(now(), *one.script.obeys_after));
                }
                break;
            default:
                break;
        }
    }

    void settle() {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            auto& one = members_[i];
            const bool frozen = one.stopped && one.by_signal != SIGKILL;
            if (!one.alive || !one.dies || now() < *one.dies || frozen) {
                continue;
            }
            one.alive = false;
            if (one.facts.id == identity_.leader) {
                exited_.emplace();
                exited_->signal = one.by_signal;
                exited_->code = one.by_signal == 0 ? one.script.exit_code : 0;
            }
            if (one.by_signal != 0 && one.script.respawns > 0) {
                auto next = one.script;
                --next.respawns;
                start(next, one.facts.parent);
            }
        }
    }

    processes& of_;
    process::unit_identity identity_;
    std::vector<member> members_;
    std::optional<process::exit_report> exited_;
};

result<std::unique_ptr<process::unit>> processes::spawn(const process::command& what) {
    expects(!what.arguments.empty(), "a command has a program");
    spawns_.push_back(time_.now());
    if (!scripts_.empty()) {
        const auto next = std::move(scripts_.front());
        scripts_.pop_front();
        if (const auto* refused = std::get_if<failure>(&next)) {
            return std::unexpected{*refused};
        }
        last_ = std::get<behaviour>(next);
    }
    return std::make_unique<simulated_unit>(*this, last_);
}

std::size_t processes::alive() {
    std::size_t count = 0;
    for (auto* one : units_) {
        count += one->scan().members.size();
    }
    return count;
}

}  // namespace curfew::sim
