#pragma once

#include <curfew/http/server.hpp>
#include <curfew/runtime/bell.hpp>
#include <curfew/runtime/intrusive_list.hpp>
#include <curfew/runtime/task_group.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace curfew::cli {

/// Answers the workers with a page that only the control loop can draw. However many ask, it is
/// drawn at most ten times a second, one at a time, and only when somebody asks: for 100 ms each
/// page answers whoever comes, under a short lock, and those who come later wait for the next one
/// together.
/// Thread rule: answer() on any worker's loop; all else on the control loop's thread.
class health_desk {
  public:
    using page = std::shared_ptr<const http::response>;
    using drawer = std::function<runtime::task<http::response>()>;

    health_desk(runtime::loop& control, drawer draw);
    health_desk(const health_desk&) = delete;
    health_desk& operator=(const health_desk&) = delete;

    /// A page of the last 100 ms; 503 when none can be had within two seconds.
    [[nodiscard]] runtime::task<page> answer(runtime::scope& under);

    /// Comes before it is destroyed, and after the last answer.
    [[nodiscard]] runtime::task<> close();

  private:
    struct in_desk;

    /// One worker's wait. Lives in its frame, and leaves the list under the lock.
    struct question : runtime::list_node<in_desk> {
        explicit question(runtime::loop& home) noexcept : answered{home} {}

        runtime::bell answered;
        page told;
    };

    [[nodiscard]] page fresh(time_point now, question* or_else) noexcept;
    [[nodiscard]] page leave(question& mine) noexcept;
    void publish(page made, time_point now) noexcept;
    [[nodiscard]] runtime::task<> run();

    drawer draw_;
    page nobody_;
    std::mutex lock_;
    page last_;
    time_point drawn_{};
    runtime::intrusive_list<question, in_desk> questions_;
    runtime::bell asked_;
    runtime::scope scope_;
    runtime::task_group tasks_;
};

}  // namespace curfew::cli
