// Session as an echo: every message goes back as it came, through the same frames, queue and limits as everything else.
#include <limits>

#include "session/echo_settings.h"
#include "session/paused.h"

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

/// One message may take the queue past its bound by itself; then nothing more is read until it is written, so no answer
/// is ever dropped.
ws::Flow Session::echo(ws::Opcode kind, std::string_view payload) {
  send_message(kind, payload);
  context_->work.spend(kCommandWork + payload.size());
  return outbox_full() ? pause({}, Wait::kOutbox) : go_on_if_there_is_time();
}

}  // namespace switchboard::session
