#include "config/setting_checks.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstdint>

#include "config/listener_settings.h"
#include "net/address_set.h"
#include "net/tls_certificate.h"
#include "net/unix_socket.h"
#include "room/settings.h"
#include "session/host_list.h"
#include "session/origin_list.h"
#include "ws/utf8.h"

namespace switchboard::config {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_ipv6(std::string_view text) {
  in6_addr address;
  // A zone ("fe80::1%eth0") is the resolver's business.
  return inet_pton(AF_INET6, std::string(text.substr(0, text.find('%'))).c_str(), &address) == 1;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_host(std::string_view text) {
  if (text == "*") return true;  // every address
  if (text.starts_with('[')) return text.ends_with(']') && is_ipv6(text.substr(1, text.size() - 2));
  return text.size() <= 253 && std::ranges::all_of(text, is_host_character);
}

bool is_short_name(std::string_view text) {
  const auto is_inside = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_inside);
}

}  // namespace

std::string problem_with_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return "must be HOST:PORT or :PORT, as in 127.0.0.1:8080";
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !host.starts_with('[')) {
    return "an IPv6 address stands in brackets, as in [::1]:8080";
  }
  if (!is_host(host)) return "the part before the port is neither an address nor a host name";
  if (!is_port(text.substr(colon + 1))) return "the port must be a number from 0 to 65535";
  return "";
}

std::string problem_with_optional_address(std::string_view text) {
  return text.empty() || text == "off" ? "" : problem_with_address(text);
}

std::string problem_with_listener_address(std::string_view text) {
  if (text.empty()) return "";
  if (text.starts_with("unix:")) {
    const std::string_view path = text.substr(5);
    if (!path.starts_with('/')) return "a Unix socket's path begins with '/', as in unix:/run/switchboard.sock";
    if (path.size() > net::kUnixPathBytesMax) return "a Unix socket's path has at most 107 bytes";
    return problem_with_path(path);
  }
  if (text.starts_with("fd:")) {
    const std::string_view name = text.substr(3);
    const auto is_outside = [](char c) { return c <= ' ' || c >= 0x7F || c == ':'; };
    if (name.empty() || name.size() > 255 || std::ranges::any_of(name, is_outside)) {
      return "fd: is followed by the FileDescriptorName= of a socket unit";
    }
    return "";
  }
  if (text.find("://") != std::string_view::npos) return "is an address without a scheme; TLS is the setting `tls`";
  return problem_with_address(text);
}

std::string problem_with_listen_entry(std::string_view text) {
  const std::string address = listener_of_entry(text, {}).address;
  if (address.find("://") != std::string_view::npos) {
    return "begins with a scheme that is not known; expected HOST:PORT, ws://HOST:PORT, wss://HOST:PORT, unix:/PATH or "
           "fd:NAME";
  }
  return address.empty() ? problem_with_address("") : problem_with_listener_address(address);
}

std::string problem_with_origin(std::string_view text) {
  return session::OriginList::problem_with(text);
}

std::string problem_with_host(std::string_view text) {
  return session::HostList::problem_with(text);
}

std::string problem_with_proxy(std::string_view text) {
  const auto added = net::AddressSet().add(text);
  return added ? "" : added.error();
}

std::string problem_with_request_path(std::string_view text) {
  const auto is_outside = [](char c) { return c <= ' ' || c >= 0x7F || c == '?' || c == '#'; };
  if (!text.starts_with('/') || std::ranges::any_of(text, is_outside)) {
    return "must be a path such as /ws, without a query";
  }
  return "";
}

std::string problem_with_mode(std::string_view text) {
  if (text.size() == 4 && text.front() == '0') text.remove_prefix(1);
  if (text.size() != 3 || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; })) {
    return "must be three octal digits, as in \"0660\"";
  }
  return "";
}

std::string problem_with_listener_name(std::string_view text) {
  return is_short_name(text) ? "" : "a listener's name has 1 to 64 lower-case letters, digits, '-' and '_'";
}

std::string problem_with_issuer_name(std::string_view text) {
  return is_short_name(text) ? "" : "an issuer's name has 1 to 64 lower-case letters, digits, '-' and '_'";
}

std::string problem_with_webhook_name(std::string_view text) {
  return is_short_name(text) ? "" : "a webhook's name has 1 to 64 lower-case letters, digits, '-' and '_'";
}

std::string problem_with_path(std::string_view text) {
  if (text.empty()) return "must not be empty";
  return has_control_characters(text) ? "must not contain control characters" : "";
}

std::string problem_with_optional_path(std::string_view text) {
  return text.empty() ? "" : problem_with_path(text);
}

std::string problem_with_certificate(std::string_view text) {
  if (std::string problem = problem_with_path(text); !problem.empty()) return problem;
  return net::problem_with_certificate_entry(text);
}

std::string problem_with_server_name(std::string_view text) {
  const auto is_outside = [](char c) { return c < ' ' || c >= 0x7F; };
  if (text.empty() || text.size() > 64 || std::ranges::any_of(text, is_outside)) {
    return "must be 1 to 64 printable ASCII characters";
  }
  return "";
}

std::string problem_with_right(std::string_view text) {
  if (room::right_of(text)) return "";
  std::string all;
  for (const std::string_view name : room::kRightNames)
    all += (all.empty() ? "" : ", ") + std::string(name);
  return "is not known; there are " + all;
}

std::string problem_with_encoding(std::string_view text) {
  ws::Utf8Validator utf8;
  return utf8.feed(text) && utf8.complete() ? "" : "must be UTF-8";
}

std::string problem_with_namespace(std::string_view text) {
  if (std::string problem = problem_with_encoding(text); !problem.empty()) return "a namespace " + problem;
  if (text.empty() || text.size() > 255 || text.find(':') != std::string_view::npos || has_control_characters(text)) {
    return "a namespace has 1 to 255 bytes, no ':' and no control characters";
  }
  if (text.starts_with('@') && text != room::kUserRooms) return "all users' own rooms have one section, [rooms.\"@\"]";
  return "";
}

}  // namespace switchboard::config
