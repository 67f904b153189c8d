#include "http/entity_tag.h"

namespace switchboard::http {
namespace {

std::string_view strong(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);  // case-sensitive (section 8.8.3)
  return tag;
}

/// Takes the next tag off a list. A tag may hold commas, so this is no list of tokens. What is malformed ends the list.
bool next_tag(std::string_view& list, std::string_view& tag) {
  const std::size_t begin = list.find_first_not_of(" \t,");
  if (begin == std::string_view::npos) return false;
  list.remove_prefix(begin);
  const std::size_t open = list.starts_with("W/") ? 2 : 0;
  if (open >= list.size() || list[open] != '"') return false;
  const std::size_t close = list.find('"', open + 1);
  if (close == std::string_view::npos) return false;
  tag = list.substr(0, close + 1);
  list.remove_prefix(close + 1);
  return list.empty() || list.find_first_of(" \t,") == 0;
}

}  // namespace

bool has_current(const Request& request, std::string_view tag) {
  if (tag.empty()) return false;
  for (const RequestField& field : request.fields) {
    if (!equals_ignoring_case(field.name, "If-None-Match")) continue;
    if (field.value == "*") return true;
    std::string_view list = field.value;
    std::string_view held;
    while (next_tag(list, held)) {
      if (strong(held) == strong(tag)) return true;
    }
  }
  return false;
}

}  // namespace switchboard::http
