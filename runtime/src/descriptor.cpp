#include <curfew/runtime/descriptor.hpp>

#include <unistd.h>

namespace curfew::runtime {

descriptor::~descriptor() {
    if (number_ >= 0) {
        ::close(number_);
    }
}

}  // namespace curfew::runtime
