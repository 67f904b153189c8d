// Text that lives as long as the program, in the size of one pointer: for words that are kept with every connection.
#pragma once

#include <cstddef>
#include <string_view>

namespace switchboard {

class StaticText {
 public:
  constexpr StaticText() = default;
  /// A literal; the compiler makes sure of it.
  template <std::size_t N>
  consteval StaticText(const char (&text)[N]) : text_(text) {}

  /// Text of a library that says that it is never freed. Ends with a NUL.
  static StaticText lasting(const char* text) {
    StaticText made;
    made.text_ = text;
    return made;
  }

  constexpr operator std::string_view() const { return text_; }
  constexpr std::string_view view() const { return text_; }
  friend constexpr bool operator==(StaticText a, std::string_view b) { return a.view() == b; }

 private:
  const char* text_ = "";
};

}  // namespace switchboard
