#include "address_space.hpp"

#include <pthread.h>
#include <sys/mman.h>

namespace curfew::cli {

address_space::address_space(std::size_t bytes) noexcept
    : bytes_{bytes},
      at_{::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)} {
    if (at_ == MAP_FAILED) {
        at_ = nullptr;
    }
}

address_space::~address_space() {
    if (held()) {
        ::munmap(at_, bytes_);
    }
}

bool has_room_for_a_thread() noexcept {
    constexpr std::size_t for_its_work = std::size_t{8} << 20;
    pthread_attr_t usual;
    std::size_t stack = 0;
    if (::pthread_attr_init(&usual) == 0) {
        ::pthread_attr_getstacksize(&usual, &stack);
        ::pthread_attr_destroy(&usual);
    }
    const address_space probe{stack + for_its_work};
    return probe.held();
}

}  // namespace curfew::cli
