#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy {

/// Writes JSON with two spaces an indent and members in the order they are given, so that a written
/// document is the same every time. Strings become valid UTF-8 whatever is in them.
class json_text {
  public:
    /// A value: alone, in an array, or after `key`.
    json_text& object();
    json_text& array();
    json_text& end();  ///< of the innermost object or array
    json_text& key(std::string_view name);
    json_text& value(std::string_view text);

    json_text& value(const char* text) { return value(std::string_view{text}); }

    json_text& value(std::uint64_t number);
    json_text& value(double number);
    json_text& value(bool flag);
    json_text& null();

    template <class T>
    json_text& member(std::string_view name, const T& what) {
        return key(name).value(what);
    }

    /// The document, ending in a newline. Everything must have been ended.
    [[nodiscard]] std::string take();

  private:
    struct level {
        char close;
        bool empty = true;
    };

    void place();
    void line();
    json_text& raw(std::string_view text);

    std::string text_;
    std::vector<level> open_;
    bool after_key_ = false;
};

}  // namespace curfew::policy
