#include "session/echo_settings.h"

#include <limits>

namespace switchboard::session {

SessionSettings echo_settings() {
  SessionSettings settings;
  settings.service = Service::kEcho;
  settings.message_bytes_max = 64U << 20;  // the largest that Autobahn's suite sends is 16 MiB
  settings.queue_bytes_max = 1U << 20;
  settings.frames_per_message_max = std::numeric_limits<std::uint32_t>::max();
  settings.rate = {.control_frames = {}};
  settings.ping_interval_ms = 0;
  settings.deflate = {.bytes_min = 0, .window_bits = 9, .client_context_takeover = true};  // take every offer there is
  return settings;
}

}  // namespace switchboard::session
