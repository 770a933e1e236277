#include <curfew/load/host_meter.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace curfew::load {

cpu_reading read_cpu() noexcept {
    cpu_reading reading;
    timespec used{};
    if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0) {
        reading.thread = std::chrono::seconds{used.tv_sec} + duration{used.tv_nsec};
    }
    std::FILE* file = std::fopen("/proc/stat", "re");
    if (file == nullptr) {
        return reading;
    }
    // user nice system idle iowait irq softirq steal: guest time is in user already.
    unsigned long long states[8]{};
    const int found = std::fscanf(
        file,
        "cpu %llu %llu %llu %llu %llu %llu %llu %llu",
        &states[0],
        &states[1],
        &states[2],
        &states[3],
        &states[4],
        &states[5],
        &states[6],
        &states[7]
    );
    std::fclose(file);
    if (found == 8) {
        for (const auto state : states) {
            reading.ticks += state;
        }
        reading.stolen = states[7];
    }
    return reading;
}

void host_meter::step(const cpu_reading& reading, time_point now) {
    if (recent_.empty()) {
        first_ = reading;
    }
    last_ = reading;
    recent_.push_back({now, reading.thread});
    while (recent_.size() > 2 && now - recent_[1].at >= window) {
        recent_.pop_front();
    }
    const auto& oldest = recent_.front();
    if (now > oldest.at) {
        const auto used = static_cast<double>((reading.thread - oldest.thread).count());
        busiest_ = std::max(busiest_, used / static_cast<double>((now - oldest.at).count()));
    }
}

double host_meter::steal_share() const noexcept {
    const auto all = last_.ticks - first_.ticks;
    return all == 0 ? 0.0
                    : static_cast<double>(last_.stolen - first_.stolen) / static_cast<double>(all);
}

}  // namespace curfew::load
