#include "session/token_source.h"

#include <algorithm>

namespace switchboard::session {
namespace {

using Found = std::optional<std::string_view>;

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

/// RFC 6750 section 2.1. Another scheme is somebody else's: a proxy's, for one.
Found bearer(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer";
  const std::string_view value = request.value("Authorization");
  if (value.size() <= kScheme.size() || !is_blank(value[kScheme.size()])) return std::nullopt;
  if (!http::equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  return trimmed(value.substr(kScheme.size()));
}

Found among_subprotocols(std::span<const std::string_view> offered) {
  const auto found = std::ranges::find_if(offered, is_token_subprotocol);
  return found == offered.end() ? Found() : found->substr(kTokenSubprotocol.size());
}

/// The first "NAME=VALUE" of a text of such, as it stands: a token has no character that has to be escaped anywhere.
Found value_in(std::string_view text, char separator, std::string_view name) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view pair = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name)) {
      return pair.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

Found in_query(const http::Request& request, std::string_view name) {
  if (name.empty()) return std::nullopt;
  const std::size_t question = request.target.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  return value_in(request.target.substr(question + 1), '&', name);
}

/// RFC 6265 section 4.2. A value may stand in quotes.
Found in_cookies(const http::Request& request, std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (const http::RequestField& field : request.fields) {
    if (!http::equals_ignoring_case(field.name, "Cookie")) continue;
    Found value = value_in(field.value, ';', name);
    if (!value) continue;
    if (value->size() >= 2 && value->starts_with('"') && value->ends_with('"')) {
      value = value->substr(1, value->size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> token_of(const http::Request& request, std::span<const std::string_view> offered,
                                         const auth::Policy& policy) {
  if (const Found token = bearer(request)) return token;
  if (const Found token = among_subprotocols(offered)) return token;
  if (const Found token = in_query(request, policy.query)) return token;
  return in_cookies(request, policy.cookie);
}

}  // namespace switchboard::session
