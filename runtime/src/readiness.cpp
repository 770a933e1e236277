#include <curfew/runtime/readiness.hpp>
#include <curfew/runtime/scope.hpp>

namespace curfew::runtime {

void readiness::signal_hang_up() noexcept {
    hung_up_ = true;
    signal_readable();
    if (ends_ != nullptr) {
        ends_->cancel();
    }
}

}  // namespace curfew::runtime
