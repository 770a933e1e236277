#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::admin {

/// What a person pressed, as far as `curfew watch` cares.
enum class key : std::uint8_t {
    quit,
    up,
    down,
    page_up,
    page_down,
    first,
    last,
    next,
    previous,
    sort,
    pause,
    help,
    redraw
};

/// Keys out of the bytes that a terminal sends, however they are cut: letters, and the sequences of
/// arrows, paging and Tab (CSI and SS3, ECMA-48). What nobody knows is dropped whole, a sequence
/// over 16 bytes too. Escape alone means nothing, so none needs a clock.
class key_decoder {
  public:
    void feed(std::string_view bytes, std::vector<key>& into);

  private:
    enum class state : std::uint8_t { plain, escape, sequence, single };

    void take(char byte, std::vector<key>& into);
    void end_sequence(char last, std::vector<key>& into);

    static constexpr std::size_t longest = 16;

    state state_ = state::plain;
    std::string parameters_;
};

}  // namespace curfew::admin
