#include "config/platform_variables.h"

#include <algorithm>
#include <array>

#include "config/setting_lookup.h"

namespace switchboard::config {
namespace {

constexpr std::array<std::string_view, 3> kProtocols = {"TCP", "UDP", "SCTP"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether `text` ends with `_what`, or is `what`.
bool ends_with_word(std::string_view text, std::string_view what) {
  if (!text.ends_with(what)) return false;
  text.remove_suffix(what.size());
  return text.empty() || text.ends_with('_');
}

/// "tcp://10.0.0.1:8080". `PORT` alone might be meant for us: by its value it is told.
bool is_endpoint(std::string_view value) {
  return std::ranges::any_of(std::array<std::string_view, 3>{"tcp://", "udp://", "sctp://"},
                             [&](std::string_view scheme) { return value.starts_with(scheme); });
}

/// What stands behind `PORT_`: "8080_TCP", "8080_TCP_ADDR" and so on.
bool is_port_and_protocol(std::string_view text) {
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  if (digits == 0 || !text.substr(digits).starts_with('_')) return false;
  text.remove_prefix(digits + 1);
  for (const std::string_view protocol : kProtocols) {
    if (!text.starts_with(protocol)) continue;
    const std::string_view rest = text.substr(protocol.size());
    // The last four are of Docker, for a range of ports.
    for (const std::string_view end : {"", "_PROTO", "_PORT", "_ADDR", "_START", "_END", "_PORT_START", "_PORT_END"}) {
      if (rest == end) return true;
    }
  }
  return false;
}

/// Calls f(rest) for each place where `word` stands between underscores or at the beginning, with what comes behind it.
template <class F>
bool any_behind(std::string_view text, std::string_view word, F&& f) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if ((at == 0 || text[at - 1] == '_') && f(text.substr(at + word.size()))) return true;
  }
  return false;
}

}  // namespace

bool is_platform_variable(std::string_view name, std::string_view value) {
  if (!name.starts_with(kEnvironmentPrefix)) return false;
  name.remove_prefix(kEnvironmentPrefix.size());
  if (ends_with_word(name, "SERVICE_HOST") || ends_with_word(name, "SERVICE_PORT")) return true;
  if (any_behind(name, "SERVICE_PORT_", [](std::string_view port_name) { return !port_name.empty(); })) return true;
  if (ends_with_word(name, "PORT") && is_endpoint(value)) return true;
  if (any_behind(name, "PORT_", is_port_and_protocol)) return true;
  // Docker's links only: the two containers' names, and the other's own variables.
  return (name == "NAME" && value.starts_with('/')) || name.starts_with("ENV_");
}

}  // namespace switchboard::config
