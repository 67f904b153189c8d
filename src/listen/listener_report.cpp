#include "listen/listener_report.h"

#include <algorithm>

#include "net/address_set.h"

namespace switchboard::listen {
namespace {

bool trusts_everyone(const config::ListenerSettings& listener) {
  net::AddressSet trusted;
  for (const std::string& proxy : listener.trusted_proxies)
    trusted.add(proxy).value();
  return trusted.has_everyone();
}

}  // namespace

std::vector<ListenerWarning> warnings_of(const std::vector<config::ListenerSettings>& listeners,
                                         const ListeningSockets& sockets) {
  std::vector<ListenerWarning> warnings;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const config::ListenerSettings& listener = listeners[i];
    const auto warn = [&](std::string_view text) {
      warnings.push_back({std::string(config::shown_name(listener)), text});
    };
    const bool is_public = std::ranges::any_of(
        sockets.places(), [&](const ListeningPlace& place) { return place.listener == i && place.is_public; });
    const auto& origins = listener.origins_allowed;
    if (is_public && std::ranges::find(origins, "*") != origins.end()) {
      warn("pages of any origin may connect, on an address that others can reach; set limits.origins_allowed");
    }
    if (is_public && trusts_everyone(listener)) {
      warn("every address is a trusted proxy: anybody who connects can say whose the connection is");
    }
  }
  for (const std::string& name : sockets.unused())
    warnings.push_back({name, "a socket was passed to the server that no listener asks for (fd:NAME)"});
  return warnings;
}

std::string demo_url(const std::vector<config::ListenerSettings>& listeners,
                     const std::vector<ListeningPlace>& places) {
  for (const ListeningPlace& place : places) {
    if (!listeners[place.listener].demo || !place.shown.starts_with("ws")) continue;
    return "http" + place.shown.substr(2) + "/";  // wss to https
  }
  return "off";
}

}  // namespace switchboard::listen
