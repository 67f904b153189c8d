#include "server/setting_checks.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstdint>

#include "ws/utf8.h"

namespace switchboard::server {
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
  if (text.starts_with('[')) return text.ends_with(']') && is_ipv6(text.substr(1, text.size() - 2));
  return text.size() <= 253 && std::ranges::all_of(text, is_host_character);
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

std::string problem_with_origin(std::string_view text) {
  if (text == "*" || text == "null") return "";
  const auto separator = text.find("://");
  if (separator == std::string_view::npos || separator == 0) {
    return "must be \"*\" or an origin such as https://app.example.com";
  }
  const std::string_view authority = text.substr(separator + 3);
  if (authority.empty()) return "has no host";
  if (authority.find_first_of("/?#@*") != std::string_view::npos) {
    return "an origin is scheme://host or scheme://host:port, without path, user or wildcard";
  }
  const auto is_outside = [](char c) { return c <= ' ' || c >= 0x7F || (c >= 'A' && c <= 'Z'); };
  if (std::ranges::any_of(text, is_outside)) return "browsers send origins in lower-case ASCII";
  return "";
}

std::string problem_with_path(std::string_view text) {
  if (text.empty()) return "must not be empty";
  return has_control_characters(text) ? "must not contain control characters" : "";
}

std::string problem_with_server_name(std::string_view text) {
  const auto is_outside = [](char c) { return c < ' ' || c >= 0x7F; };
  if (text.empty() || text.size() > 64 || std::ranges::any_of(text, is_outside)) {
    return "must be 1 to 64 printable ASCII characters";
  }
  return "";
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
  return "";
}

}  // namespace switchboard::server
