#include <curfew/load/validity.hpp>

#include <algorithm>
#include <cstdio>

namespace curfew::load {
namespace {

std::string sentence(const char* format, double found, double limit) {
    char text[160];
    std::snprintf(text, sizeof text, format, found, limit);
    return text;
}

class assessment {
  public:
    /// `format` takes what was found and the limit.
    void hold(double found, double limit, const char* format) {
        hold(found, limit, format, limit / 2);
    }

    void hold(double found, double limit, const char* format, double suspect) {
        if (found > limit) {
            blame(validity_grade::invalid, sentence(format, found, limit));
        } else if (found > suspect) {
            blame(validity_grade::suspect, sentence(format, found, limit));
        }
    }

    void blame(validity_grade grade, std::string reason) {
        result_.grade = std::max(result_.grade, grade);
        result_.reasons.push_back(std::move(reason));
    }

    validity take() { return std::move(result_); }

  private:
    validity result_;
};

double milliseconds(duration value) {
    return std::chrono::duration<double, std::milli>{value}.count();
}

}  // namespace

validity judge(const generator_evidence& evidence) {
    assessment found;
    if (evidence.due == 0) {
        found.blame(validity_grade::invalid, "no request was due");
        return found.take();
    }
    found.hold(
        milliseconds(evidence.lag_p99),
        std::max(1.0, milliseconds(evidence.response_p99) / 10),
        "generator lag P99 is %.2f ms (limit %.2f ms: the larger of 1 ms and 10 %% of P99)"
    );
    found.hold(
        evidence.busiest_5s * 100,
        85,
        "a generator loop used %.0f %% CPU for 5 s (limit %.0f %%)",
        70
    );
    found.hold(evidence.steal_share * 100, 2, "the host took %.1f %% of the CPU (limit %.0f %%)");
    if (!evidence.cap_reached) {
        const double missing = static_cast<double>(evidence.due - evidence.tried);
        found.hold(
            missing / static_cast<double>(evidence.due) * 100,
            0.1,
            "%.2f %% of what was due was not tried in time (limit %.1f %%)"
        );
    }
    if (evidence.local_errors > 0) {
        found.blame(
            validity_grade::invalid,
            std::to_string(evidence.local_errors) + " requests failed for want of local resources"
        );
    }
    return found.take();
}

const char* to_string(validity_grade grade) noexcept {
    constexpr const char* names[] = {"VALID", "SUSPECT", "INVALID"};
    return names[static_cast<int>(grade)];
}

}  // namespace curfew::load
