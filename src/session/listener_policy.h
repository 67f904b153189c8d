// What counts for the clients of one listener: shared by its sessions, which only know its number.
#pragma once

#include <string>
#include <vector>

#include "net/address_set.h"
#include "session/host_list.h"
#include "session/origin_list.h"

namespace switchboard::session {

struct ListenerPolicy {
  OriginList origins = {"*"};
  HostList hosts;
  std::vector<std::string> paths = {"/", "/ws"};  // where WebSocket connections are accepted
  net::AddressSet trusted_proxies;                // whose X-Forwarded-For is believed
  bool demo = true;                               // a plain GET gets what the context has to show
  std::string name = {};                          // what it is called: in the configuration, else its address
};

}  // namespace switchboard::session
