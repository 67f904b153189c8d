#include "session/origin_list.h"

#include <algorithm>

#include "http/request.h"
#include "session/host_list.h"

namespace switchboard::session {
namespace {

using http::equals_ignoring_case;

bool is_scheme(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_other = [](char c) { return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || is_other(c); });
}

std::uint16_t own_port(std::string_view scheme) {
  if (equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "ws")) return 80;
  if (equals_ignoring_case(scheme, "https") || equals_ignoring_case(scheme, "wss")) return 443;
  return 0;
}

constexpr std::string_view kWildcard = "*.";

}  // namespace

std::expected<OriginParts, const char*> OriginParts::parse(std::string_view text) {
  const auto separator = text.find("://");
  if (separator == std::string_view::npos) return std::unexpected("has no scheme");
  OriginParts parts{.scheme = text.substr(0, separator), .host = {}, .port = 0};
  if (!is_scheme(parts.scheme)) return std::unexpected("its scheme is none");
  const auto authority = HostAndPort::parse(text.substr(separator + 3));
  if (!authority) return std::unexpected("what follows the scheme must be a host, or a host and a port, and no more");
  parts.host = authority->host;
  parts.port = authority->port.value_or(own_port(parts.scheme));
  return parts;
}

bool OriginList::allows(std::string_view origin) const {
  const auto parts = OriginParts::parse(origin);
  return std::ranges::any_of(entries_, [&](std::string_view entry) {
    if (entry == "*") return true;
    if (entry == "null" || !parts) return entry == "null" && origin == "null";
    const auto wanted = OriginParts::parse(entry);
    return wanted && equals_ignoring_case(wanted->scheme, parts->scheme) && wanted->port == parts->port &&
           host_matches(wanted->host, parts->host);
  });
}

std::string OriginList::problem_with(std::string_view entry) {
  if (entry == "*" || entry == "null") return "";
  const auto parts = OriginParts::parse(entry);
  if (!parts) {
    return std::string("must be \"*\" or an origin such as https://app.example.com or https://*.example.com: ") +
           parts.error();
  }
  const bool is_wildcard = parts->host.starts_with(kWildcard);
  const std::string_view name = parts->host.substr(is_wildcard ? kWildcard.size() : 0);
  if (name.empty() || name.find('*') != std::string_view::npos) {
    return "a wildcard stands only for the first labels of a host, as in https://*.example.com";
  }
  return "";
}

}  // namespace switchboard::session
