#include "http/request.h"

#include <algorithm>
#include <iterator>

namespace switchboard::http {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr bool is_white_space(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool next_list_element(std::string_view& list, std::string_view& element) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    element = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (!element.empty() && is_white_space(element.front()))
      element.remove_prefix(1);
    while (!element.empty() && is_white_space(element.back()))
      element.remove_suffix(1);
    if (!element.empty()) return true;
  }
  return false;
}

std::string_view Request::value(std::string_view name) const {
  for (const RequestField& field : fields) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

std::size_t Request::count(std::string_view name) const {
  std::size_t found = 0;
  for (const RequestField& field : fields)
    found += equals_ignoring_case(field.name, name) ? 1 : 0;
  return found;
}

bool Request::has_token(std::string_view name, std::string_view token) const {
  for (const RequestField& field : fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    std::string_view list = field.value;
    std::string_view element;
    while (next_list_element(list, element)) {
      if (equals_ignoring_case(element, token)) return true;
    }
  }
  return false;
}

std::string_view Request::path() const {
  const std::string_view path = target.substr(0, target.find('?'));
  return path.empty() ? "/" : path;
}

std::optional<RequestError> refusal_of(std::string_view method) {
  if (method == "GET" || method == "HEAD" || method == "OPTIONS") return std::nullopt;
  constexpr std::string_view kKnown[] = {"POST", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE"};
  if (std::ranges::find(kKnown, method) != std::end(kKnown))
    return RequestError{405, "Only GET and HEAD are answered here."};
  return RequestError{501, "This method is not known here. Only GET and HEAD are answered."};
}

std::optional<RequestError> refusal_of_body(const Request& request) {
  if (!request.has_body()) return std::nullopt;
  // Of a method that nothing here answers, that is what its sender must know; not that the body is one too many.
  if (auto refusal = refusal_of(request.method)) return refusal;
  if (request.is_chunked) return RequestError{400, "Transfer-Encoding is not accepted: no request here has a body."};
  return RequestError{413, "A request with a body is not accepted here."};
}

}  // namespace switchboard::http
