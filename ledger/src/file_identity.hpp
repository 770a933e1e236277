#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace curfew::ledger {

/// Which file a path named: it may be moved, removed or replaced while it is open.
struct file_identity {
    dev_t device = 0;
    ino_t number = 0;

    friend bool operator==(const file_identity&, const file_identity&) = default;
};

[[nodiscard]] std::optional<file_identity> identify(const std::string& path) noexcept;

}  // namespace curfew::ledger
