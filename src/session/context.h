// What all sessions of one shard share: settings, scratch memory, the turn's time, and the shard itself as their host.
#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "http/asset.h"
#include "protocol/command.h"
#include "session/host.h"
#include "session/outbox_meter.h"
#include "session/settings.h"
#include "session/stats.h"
#include "session/work.h"
#include "ws/frame_writer.h"
#include "ws/inflater_pool.h"
#include "ws/message_deflater.h"

namespace switchboard::session {

struct SessionContext {
  SessionContext(SessionHost& session_host, const Clock& system, SessionSettings initial, std::uint64_t random_seed)
      : host(session_host),
        clock(system),
        settings(std::move(initial)),
        decoder(settings.json_depth_max),
        random(random_seed) {}

  SessionHost& host;
  const Clock& clock;  // for dates; `now` is what deadlines are counted from
  SessionSettings settings;
  protocol::CommandDecoder decoder;
  ws::FrameBuilder frame;  // whatever is being sent to one client
  Random random;
  Instant now{};  // of the current turn
  OutboxMeter outboxes;
  WorkBudget work;  // of the current step of a client's input
  std::string server_name;
  http::AssetTable assets;  // served to a plain GET; empty: none
  std::uint32_t shard = 0;  // named in connection ids
  SessionStats stats;
  ws::InflaterPool inflaters;  // for compressed messages on their way in

  /// The shard's one deflater: for the rooms that have their home here, and for messages to one client alone. Made on
  /// first use, because a shard whose clients take no compressed messages never needs it.
  ws::MessageDeflater& deflater() {
    if (!deflater_) deflater_.emplace(settings.deflate);
    deflater_->use(settings.deflate);
    return *deflater_;
  }

 private:
  std::optional<ws::MessageDeflater> deflater_;
};

}  // namespace switchboard::session
