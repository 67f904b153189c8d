// What all sessions of one shard share: settings, scratch memory, the turn's time, and the shard itself as their host.
#pragma once

#include <string>

#include "base/random.h"
#include "base/time.h"
#include "http/asset.h"
#include "protocol/command.h"
#include "session/host.h"
#include "session/settings.h"
#include "session/stats.h"
#include "ws/frame_writer.h"

namespace switchboard::session {

struct SessionContext {
  SessionContext(SessionHost& session_host, SessionSettings initial, std::uint64_t random_seed)
      : host(session_host), settings(std::move(initial)), decoder(settings.json_depth_max), random(random_seed) {}

  SessionHost& host;
  SessionSettings settings;
  protocol::CommandDecoder decoder;
  ws::FrameBuilder frame;  // whatever is being sent to one client
  Random random;
  Instant now{};  // of the current turn
  std::string server_name;
  http::AssetTable assets;  // served to a plain GET; empty: none
  std::uint32_t shard = 0;  // named in connection ids
  SessionStats stats;
};

}  // namespace switchboard::session
