// What all sessions of one shard share: settings, scratch memory, the turn's time, and the shard itself as their host.
#pragma once

#include <cstdint>
#include <string>

#include "auth/grants_cache.h"
#include "auth/revocations.h"
#include "base/time.h"
#include "protocol/command.h"
#include "session/host.h"
#include "session/settings.h"
#include "session/stats.h"
#include "session/work.h"

namespace switchboard::session {

struct SessionContext {
  SessionContext(SessionHost& session_host, const Clock& system, SessionSettings initial)
      : host(session_host), clock(system), settings(std::move(initial)), decoder(settings.json_depth_max) {}

  SessionHost& host;
  const Clock& clock;  // for dates; `now` is what deadlines are counted from
  SessionSettings settings;
  protocol::CommandDecoder decoder;
  const protocol::Command* obeyed = nullptr;  // the one that is being obeyed, for who logs its refusal
  std::string text;                           // whatever is being said to one client
  Instant now{};                              // of the current turn
  WorkBudget work;                            // of the current step of a client's input
  std::string server_name;
  std::uint32_t shard = 0;    // named in connection ids
  std::string anonymous_tag;  // random: what anonymous clients are called has been nobody's name before
  auth::GrantsCache grants;
  auth::Revocations revocations;
  SessionStats stats;
};

}  // namespace switchboard::session
