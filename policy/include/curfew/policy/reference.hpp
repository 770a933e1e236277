#pragma once

#include <string>
#include <vector>

namespace curfew::policy {

// What the table of keys says to others. Each is the same text every time.

/// docs/policy.md: every key with its type, default, range, variable and meaning.
[[nodiscard]] std::string reference_page();

/// docs/schema/curfew.toml.json: JSON Schema (draft 7) of curfew.toml, for editors.
[[nodiscard]] std::string json_schema();

/// "request.timeout", "upstream.main.urls", ...: what `--explain` may be asked without a file.
[[nodiscard]] std::vector<std::string> key_paths();

}  // namespace curfew::policy
