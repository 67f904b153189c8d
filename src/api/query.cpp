#include "api/query.h"

#include <charconv>

namespace switchboard::api {

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto read = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (read.ec != std::errc{} || read.ptr != text.data() + i + 3) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

std::optional<std::string> unescaped_in_query(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return unescaped(blanks);
}

std::optional<std::string> take_number(std::string_view name, std::string_view text, std::uint64_t from,
                                       std::uint64_t to, std::uint64_t& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec == std::errc{} && read.ptr == text.data() + text.size() && out >= from && out <= to) return std::nullopt;
  return "`" + std::string(name) + "` must be a whole number from " + std::to_string(from) + " to " +
         std::to_string(to);
}

}  // namespace switchboard::api
