// [limits]: what clients may ask of it. How often: settings_of_rates.cpp.
#include "config/setting_builders.h"
#include "config/setting_checks.h"
#include "config/setting_groups.h"

namespace switchboard::config {

void add_limits(std::vector<Setting>& out) {
  out.push_back(integer("limits", "connections_max", SB_FIELD(config.connections_max), 0, 100'000'000, "connections",
                        kReload,
                        "Connections held at once; more are refused. 0 means what the file descriptor limit "
                        "allows."));
  out.push_back(integer("limits", "connections_per_address_max", SB_FIELD(config.connections_per_address_max), 0,
                        100'000'000, "connections", kReload,
                        "Connections from one IP address (from one IPv6 /64). 0 means no limit: behind a proxy or a "
                        "large NAT many people "
                        "share one address. Set it when clients connect directly."));
  out.push_back(maybe_empty(plain(
      "limits", "origins_allowed", SB_FIELD(config.listener_defaults.origins_allowed), problem_with_origin, kReload,
      "Web pages that may connect, by origin, such as \"https://app.example.com\" or \"https://*.example.com\" "
      "(any host below, not example.com itself). \"*\" lets any page connect, an empty list none. Clients that "
      "are not browsers send no origin and are not held back by this.")));
  out.push_back(integer("limits", "first_byte_timeout_ms", SB_FIELD(config.shard.session.first_byte_timeout_ms), 1,
                        kHourMs, "milliseconds", kReload,
                        "How long a connection may stay silent before its first byte."));
  out.push_back(integer("limits", "handshake_timeout_ms", SB_FIELD(config.shard.session.handshake_timeout_ms), 1,
                        kHourMs, "milliseconds", kReload,
                        "How long the whole request head may take, from the moment of the connection."));
  out.push_back(integer("limits", "request_bytes_max", SB_FIELD(config.shard.session.request_bytes_max), 256, kMiB,
                        "bytes", kReload, "Size of the request line and header fields; larger ones get HTTP 431."));
  out.push_back(integer("limits", "message_bytes_max", SB_FIELD(config.shard.session.message_bytes_max), 128, 64 * kMiB,
                        "bytes", kReload,
                        "Size of one WebSocket message from a client; a larger one closes with 1009 as soon as its "
                        "length is known."));
  out.push_back(integer("limits", "documents_per_message_max", SB_FIELD(config.shard.session.documents_per_message_max),
                        1, 100'000, "documents", kReload, "JSON documents in one text message."));
  out.push_back(integer("limits", "json_depth_max", SB_FIELD(config.shard.session.json_depth_max), 1, 1'024, "levels",
                        kReload, "How deeply a client's JSON may nest."));
  out.push_back(integer("limits", "frames_per_message_max", SB_FIELD(config.shard.session.frames_per_message_max), 1,
                        100'000'000, "frames", kReload,
                        "Frames that one message may come in; more close with 1009. Empty ones count, or a message "
                        "could go on for ever."));
  out.push_back(integer("limits", "rooms_per_connection_max", SB_FIELD(config.shard.session.rooms_per_connection_max),
                        1, 100'000, "rooms", kReload,
                        "Rooms one connection may be in at once; `limit_reached` above it."));
  out.push_back(integer("limits", "rooms_max", SB_FIELD(config.shard.rooms_max), 1, 1'000'000'000, "rooms", kReload,
                        "Rooms that exist at once on one shard; `limit_reached` above it."));
  out.push_back(integer("limits", "errors_max", SB_FIELD(config.shard.session.errors_max), 1, 1'000'000, "errors",
                        kReload, "Error answers a connection may collect before it is closed with 4000."));
  out.push_back(integer("limits", "errors_refill_ms", SB_FIELD(config.shard.session.errors_refill_ms), 1, kHourMs,
                        "milliseconds", kReload, "One error is forgiven every so often."));
  out.push_back(integer("limits", "queue_bytes_max", SB_FIELD(config.shard.session.queue_bytes_max), 4 * kKiB,
                        64 * kMiB, "bytes", kReload,
                        "Answers waiting for one client; while they are more, that client is not read from."));
  out.push_back(integer("limits", "reply_bytes_max", SB_FIELD(config.shard.session.reply_bytes_max), 4 * kKiB,
                        64 * kMiB, "bytes", kReload,
                        "One whole answer to `history` or `presence` as JSON text: messages or users, and what stands "
                        "around them; the client asks for the rest. Only a single message may be longer."));
  out.push_back(integer(
      "limits", "outbox_bytes_max", SB_FIELD(config.shard.outbox_bytes_max), kMiB, 1'024 * kGiB, "bytes", kReload,
      "Memory for what waits for single clients (answers, pushes), all of them together; above it who "
      "has taken nothing for a second is disconnected with 4101, and `history` is told `unavailable`."));
  out.push_back(integer("limits", "log_bytes_max", SB_FIELD(config.shard.log_bytes_max), kMiB, 1'024 * kGiB, "bytes",
                        kReload,
                        "Memory for all rooms' messages together, over all shards; above it the room with "
                        "the largest backlog is trimmed first."));
}

}  // namespace switchboard::config
