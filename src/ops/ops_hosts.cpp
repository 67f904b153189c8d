#include "ops/ops_hosts.h"

#include <algorithm>

#include "net/address_set.h"

namespace switchboard::ops {

namespace {

/// "[fe80::1]:8081" of "[fe80::1%eth0]:8081" (RFC 6874): which interface it is reached through is no part of an
/// address.
std::string without_zone(std::string_view host) {
  std::string out(host);
  const auto zone = out.find('%');
  const auto end = out.find(']');
  if (out.starts_with('[') && zone < end && end != std::string::npos) out.erase(zone, end - zone);
  return out;
}

/// "switchboard", as machines and containers call each other: no name server that a stranger owns is asked for it. What
/// begins with a digit may be an address in another spelling.
bool is_local_name(std::string_view host) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !host.empty() && is_letter(host.front()) && std::ranges::all_of(host, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

bool OpsHosts::allows(const http::Request& request) const {
  if (request.host.empty()) return request.count("Host") == 0;
  const std::string host = without_zone(request.host);
  const auto parts = session::HostAndPort::parse(host);
  if (!parts) return false;
  if (parts->host.front() == '[') return true;  // HostAndPort has seen to it that it is an IPv6 address
  if (http::equals_ignoring_case(parts->host, "localhost") || net::parse_ip(parts->host)) return true;
  if (is_local_name(request.host.substr(0, request.host.find(':')))) return true;
  const std::string port = parts->port ? ":" + std::to_string(*parts->port) : "";
  return has_listed_ && listed_.allows(std::string(parts->host) + port);
}

}  // namespace switchboard::ops
