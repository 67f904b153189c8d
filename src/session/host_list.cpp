#include "session/host_list.h"

#include <algorithm>

#include "http/request.h"
#include "net/address.h"
#include "net/address_set.h"

namespace switchboard::session {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_' || c == '*';
}

/// Of an address in its brackets.
auto ipv6_of(std::string_view text) {
  return net::parse_ip(text.substr(1, text.size() - 2));
}

bool is_bracketed_ipv6(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
  return text.find(':') != std::string_view::npos && ipv6_of(text).has_value();
}

}  // namespace

std::optional<HostAndPort> HostAndPort::parse(std::string_view text) {
  HostAndPort out;
  const auto bracket = text.rfind(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  out.host = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    out.port = net::parse_port(text.substr(colon + 1));
    if (!out.port) return std::nullopt;
  }
  // "a.example." is the whole name of what is mostly called "a.example" (RFC 1034 section 3.1).
  if (out.host.ends_with('.') && !out.host.starts_with('[')) out.host.remove_suffix(1);
  if (out.host.empty() || out.host.ends_with('.')) return std::nullopt;
  const bool is_host =
      out.host.front() == '[' ? is_bracketed_ipv6(out.host) : std::ranges::all_of(out.host, is_name_character);
  if (!is_host) return std::nullopt;
  return out;
}

bool host_matches(std::string_view pattern, std::string_view host) {
  if (is_bracketed_ipv6(pattern) && is_bracketed_ipv6(host)) return ipv6_of(pattern) == ipv6_of(host);
  if (!pattern.starts_with("*.")) return http::equals_ignoring_case(pattern, host);
  const std::string_view suffix = pattern.substr(1);  // ".a.example"
  if (host.size() <= suffix.size()) return false;
  const std::string_view labels = host.substr(0, host.size() - suffix.size());
  if (labels.front() == '.' || labels.back() == '.' || labels.find('*') != std::string_view::npos) return false;
  return http::equals_ignoring_case(host.substr(labels.size()), suffix);
}

bool HostList::allows(std::string_view host) const {
  if (entries_.empty()) return true;
  const auto parts = HostAndPort::parse(host);
  return parts && std::ranges::any_of(entries_, [&](std::string_view entry) {
           const auto wanted = HostAndPort::parse(entry);
           return wanted && (!wanted->port || wanted->port == parts->port) && host_matches(wanted->host, parts->host);
         });
}

std::string HostList::problem_with(std::string_view entry) {
  const auto parts = HostAndPort::parse(entry);
  const std::string_view name = !parts                          ? std::string_view("*")
                                : parts->host.starts_with("*.") ? parts->host.substr(2)
                                                                : parts->host;
  if (name.empty() || name.find('*') != std::string_view::npos) {
    return "must be a host such as app.example.com, app.example.com:8443 or *.example.com";
  }
  return "";
}

}  // namespace switchboard::session
