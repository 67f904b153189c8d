// What an operator should know of the listeners when the server starts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/listener_settings.h"
#include "listen/listening_sockets.h"

namespace switchboard::listen {

struct ListenerWarning {
  std::string listener;   // what it is called
  std::string_view text;  // a literal
};

/// Settings that are likely a mistake where they are in force.
std::vector<ListenerWarning> warnings_of(const std::vector<config::ListenerSettings>& listeners,
                                         const ListeningSockets& sockets);

/// Where a browser finds the demo page: "http://localhost:8080/", or "off".
std::string demo_url(const std::vector<config::ListenerSettings>& listeners, const std::vector<ListeningPlace>& places);

}  // namespace switchboard::listen
