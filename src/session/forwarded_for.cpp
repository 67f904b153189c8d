#include "session/forwarded_for.h"

#include <ranges>

namespace switchboard::session {
namespace {

std::optional<net::PeerAddress> parse_element(std::string_view text) {
  std::string_view host = text;
  std::string_view port_text;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    host = text.substr(1, bracket - 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
    port_text = text.substr(bracket + 1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);  // two colons make it an IPv6 address without a port
    port_text = text.substr(colon);
  }
  const auto ip = net::parse_ip(host);
  if (!ip) return std::nullopt;
  net::PeerAddress peer{.ip = *ip, .port = 0};
  if (!port_text.empty()) {
    const auto port = port_text.front() == ':' ? net::parse_port(port_text.substr(1)) : std::nullopt;
    if (!port) return std::nullopt;
    peer.port = *port;
  }
  if (!peer.has_ip()) return std::nullopt;
  return peer;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<net::PeerAddress> forwarded_client(const http::Request& request, const net::AddressSet& trusted) {
  std::optional<net::PeerAddress> client;
  for (const http::RequestField& field : request.fields | std::views::reverse) {
    if (!http::equals_ignoring_case(field.name, "x-forwarded-for")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const auto comma = list.rfind(',');
      const std::string_view element = trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1));
      list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
      if (element.empty()) continue;  // RFC 9110 section 5.6.1: empty elements do not count
      client = parse_element(element);
      if (!client || !trusted.contains(*client)) return client;
    }
  }
  return client;
}

}  // namespace switchboard::session
