#include "http/host.h"

#include <algorithm>

namespace switchboard::http {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Unreserved characters, sub-delimiters, and the sign of an escape.
bool is_name_character(char c) {
  constexpr std::string_view kSigns = "-._~!$&'()*+,;=%";
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kSigns.find(c) != std::string_view::npos;
}

bool are_escapes_whole(std::string_view name) {
  for (std::size_t at = name.find('%'); at != std::string_view::npos; at = name.find('%', at + 3)) {
    if (at + 2 >= name.size() || !is_hex(name[at + 1]) || !is_hex(name[at + 2])) return false;
  }
  return true;
}

bool is_port(std::string_view text) {
  return text.empty() || (text.front() == ':' && std::ranges::all_of(text.substr(1), is_digit));
}

}  // namespace

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    const std::string_view address = text.substr(1, end - 1);
    return std::ranges::all_of(address, [](char c) { return is_name_character(c) || c == ':'; }) &&
           is_port(text.substr(end + 1));
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view name = text.substr(0, colon);
  return std::ranges::all_of(name, is_name_character) && are_escapes_whole(name) && is_port(text.substr(colon));
}

}  // namespace switchboard::http
