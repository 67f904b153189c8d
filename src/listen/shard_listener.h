// One of a shard's listening sockets, and what is done with who comes in through it before it is a client.
#pragma once

#include <cstdint>

#include "config/listener_settings.h"
#include "net/listener.h"

namespace switchboard::listen {

struct ShardListener {
  net::Listener socket;
  std::uint16_t listener = 0;  // its number in the configuration: several sockets may belong to one listener
  bool tls = false;
  config::Serves serves = config::Serves::kClients;
  bool wants_proxy_header = false;
  bool keeps_queue = false;  // somebody else goes on with it when we stop: who waits is left to them
};

}  // namespace switchboard::listen
