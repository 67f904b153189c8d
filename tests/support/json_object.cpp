#include "support/json_object.h"

#include <cstdlib>

namespace switchboard::test {
namespace {

/// The end of the value that begins at `at`; npos when there is none.
std::size_t value_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
        if (depth == 0) return i + 1;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i > at ? i : std::string_view::npos;
      if (--depth == 0) return i + 1;
    } else if (c == ',' && depth == 0) {
      return i > at ? i : std::string_view::npos;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<JsonObject> JsonObject::parse(std::string_view text) {
  JsonObject object;
  if (text.size() < 2 || text.front() != '{') return std::nullopt;
  std::size_t at = 1;
  while (true) {
    if (at >= text.size() || text[at] != '"') return std::nullopt;
    const std::size_t name_end = value_end(text, at);
    if (name_end == std::string_view::npos || name_end >= text.size() || text[name_end] != ':') return std::nullopt;
    const std::size_t end = value_end(text, name_end + 1);
    if (end == std::string_view::npos || end >= text.size()) return std::nullopt;
    const auto [_, is_first] = object.raw_.emplace(std::string(text.substr(at + 1, name_end - at - 2)),
                                                   std::string(text.substr(name_end + 1, end - name_end - 1)));
    if (!is_first) return std::nullopt;
    if (text[end] == '}') return end + 1 == text.size() ? std::optional(std::move(object)) : std::nullopt;
    if (text[end] != ',') return std::nullopt;
    at = end + 1;
  }
}

std::string JsonObject::raw(std::string_view field) const {
  const auto found = raw_.find(field);
  return found == raw_.end() ? std::string() : found->second;
}

std::string JsonObject::text(std::string_view field) const {
  const std::string value = raw(field);
  if (value.size() < 2 || value.front() != '"') return {};
  std::string text;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\') ++i;
    text += value[i];
  }
  return text;
}

std::uint64_t JsonObject::number(std::string_view field) const {
  return std::strtoull(raw(field).c_str(), nullptr, 10);
}

}  // namespace switchboard::test
