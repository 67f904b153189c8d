#include "fetch/key_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace switchboard::fetch {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A whole decimal number of up to `most`; none otherwise.
std::optional<unsigned> number_of(std::string_view text, unsigned most) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && number <= most ? std::optional(number) : std::nullopt;
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.ends_with(']') && std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
             return is_digit(c) || c == ':' || c == '.' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
  }
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return is_digit(c) || is_letter(c) || c == '.' || c == '-' || c == '_';
  });
}

/// Four numbers of which the first is 127, each written once: 127.1 and 0177.0.0.1 are left to others.
bool is_loopback_ipv4(std::string_view host) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? host.find('.') : host.size();
    if (dot == std::string_view::npos) return false;
    const std::string_view text = host.substr(0, dot);
    const auto number = number_of(text, 255);
    if (!number || (text.size() > 1 && text.front() == '0') || (part == 0 && *number != 127)) return false;
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  return host.empty();
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || is_loopback_ipv4(host);
}

}  // namespace

std::string problem_with_key_url(std::string_view url, PlainHttp plain_http) {
  if (!is_url(url)) return "must begin with https://";
  if (url.size() > kUrlBytesMax) return "has more than 2048 bytes";
  const auto is_allowed = [](char c) { return c > ' ' && c < 0x7F && c != '\\' && c != '#'; };
  if (!std::ranges::all_of(url, is_allowed)) return "has a blank, a backslash, a # or what is not ASCII";
  const bool is_plain = url.starts_with("http://");
  const std::string_view rest = url.substr(url.find("//") + 2);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) return "names a user, which does not belong there";
  // The last colon, unless it is inside of an IPv6 address.
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  const std::string_view host = authority.substr(0, has_port ? colon : authority.size());
  if (!is_host(host) || (has_port && !number_of(authority.substr(colon + 1), 65'535)))
    return "has no host, or a port that is none";
  if (is_plain && plain_http == PlainHttp::kLoopbackOnly && !is_loopback(host)) {
    return "must begin with https://: who can change keys on their way can make tokens";
  }
  return "";
}

}  // namespace switchboard::fetch
