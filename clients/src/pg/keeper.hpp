#pragma once

#include <curfew/clients/pg/cancellation.hpp>
#include <curfew/clients/pg/session.hpp>
#include <curfew/core/breaker.hpp>
#include <curfew/core/deadline.hpp>
#include <curfew/core/pool.hpp>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace curfew::pg {

struct pool_state;

/// What a thread gave up on, and the keeper brings to an end: a connect that takes longer than its
/// acquire may, or a statement that has to be cancelled. Its place stays taken until then.
struct patient {
    curfew::pool::permit place{};
    session connection{};
    breaker::permit allowed{};  // of a connect
    deadline until{};
    bool connecting = false;
};

/// The one thread of a pool. It never waits but in poll(2), for what its patients' sockets say, for
/// the next thing that is due, or for somebody to wake it.
class keeper {
  public:
    explicit keeper(pool_state& home);
    keeper(const keeper&) = delete;
    keeper& operator=(const keeper&) = delete;
    /// Ends it, in a second at most: what has to be cancelled still is.
    ~keeper();

    /// Takes one over. Any thread; not under the pool's lock.
    void adopt(patient one);

    /// Something may have become due.
    void wake() noexcept;

  private:
    struct bed {
        patient who;
        std::optional<cancellation> request{};
        progress told = progress::reads;           // by its session
        progress request_told = progress::writes;  // by its request
        time_point next_request = time_point::min();
    };

    void run();
    void look_after(time_point now);
    [[nodiscard]] bool is_over(bed& one, time_point now);
    [[nodiscard]] bool is_connected(bed& one, time_point now);
    [[nodiscard]] bool is_ended(bed& one, time_point now);
    void ask_to_cancel(bed& one, time_point now);
    void send_home(bed& one, bool well, time_point now);
    void sleep(time_point now);

    pool_state& home_;
    int bell_;
    std::vector<patient> arrived_;  // under the pool's lock
    bool ends_ = false;             // likewise
    std::vector<bed> beds_;         // the thread's own, as is the next
    std::optional<deadline> farewell_;
    std::thread thread_;
};

}  // namespace curfew::pg
