// [heartbeat], [delivery], [compression]: how messages leave, and how dead connections are found.
#include "config/setting_builders.h"
#include "config/setting_groups.h"

namespace switchboard::config {

void add_heartbeat(std::vector<Setting>& out) {
  out.push_back(integer("heartbeat", "ping_interval_ms", SB_FIELD(config.shard.session.ping_interval_ms), 0,
                        24 * kHourMs, "milliseconds", kReload,
                        "How often a quiet connection is pinged. 0 means never: dead connections then stay until a "
                        "write fails."));
  out.push_back(
      integer("heartbeat", "pong_timeout_ms", SB_FIELD(config.shard.session.pong_timeout_ms), 1, kHourMs,
              "milliseconds", kReload,
              "How long a connection may stay silent after a ping has left the queue before it is closed with "
              "4201; any received byte counts as life, and any that a full socket takes. A slow line has up to "
              "four times as long, by what was written to it before."));
  out.push_back(integer("heartbeat", "write_timeout_ms", SB_FIELD(config.shard.session.write_timeout_ms), 1, kHourMs,
                        "milliseconds", kReload,
                        "How long a socket may take not one byte of what is waiting for it before it is closed with "
                        "4101, even if its owner keeps sending."));
  out.push_back(integer("heartbeat", "close_timeout_ms", SB_FIELD(config.shard.session.close_timeout_ms), 1, kHourMs,
                        "milliseconds", kReload, "How long the peer may take to answer our Close frame."));
}

void add_delivery(std::vector<Setting>& out) {
  out.push_back(integer("delivery", "sweep_us", SB_FIELD(config.shard.sweep_us), 50, 1'000'000, "microseconds", kReload,
                        "How long a shard may go on before it looks at its sockets again, all together; at least half "
                        "of it is for delivery. Lower favours quick answers, higher favours throughput."));
  out.push_back(integer("delivery", "input_us", SB_FIELD(config.shard.input_us), 50, 1'000'000, "microseconds", kReload,
                        "How much of that a shard may spend on what its clients send. Whoever has little to say has "
                        "its turn before those who send much."));
  out.push_back(integer("delivery", "slice_members", SB_FIELD(config.shard.slice_members), 1, 1'000'000, "members",
                        kReload, "Members of one large room served before another room has its turn."));
  out.push_back(integer("delivery", "send_bytes_max", SB_FIELD(config.shard.send_bytes_max), 1'024, 16 * kMiB, "bytes",
                        kReload, "Most bytes handed to one socket in one go."));
  out.push_back(integer("delivery", "notsent_lowat_bytes", SB_FIELD(config.notsent_lowat_bytes), 1'024, kGiB, "bytes",
                        kRestart,
                        "Unsent bytes the kernel may hold for one client (TCP_NOTSENT_LOWAT). Small, so "
                        "that a slow client falls behind here, where it costs nothing, and not in kernel memory."));
  out.push_back(integer("delivery", "send_buffer_bytes", SB_FIELD(config.send_buffer_bytes), 0, kGiB, "bytes", kRestart,
                        "Size of a socket's send buffer (SO_SNDBUF). 0 leaves it to the kernel."));
}

void add_compression(std::vector<Setting>& out) {
  out.push_back(plain("compression", "enabled", SB_FIELD(config.shard.session.deflate.enabled), nullptr, kReload,
                      "Whether clients that offer compression get it; a change is for connections to come."));
  out.push_back(integer("compression", "bytes_min", SB_FIELD(config.shard.session.deflate.bytes_min), 0, 64 * kMiB,
                        "bytes", kReload, "Smaller messages are sent as they are: little would be gained."));
  out.push_back(integer("compression", "level", SB_FIELD(config.shard.session.deflate.level), 1, 9, "(as zlib counts)",
                        kReload,
                        "How much work goes into making a message smaller. 9 makes long messages about 15 % smaller "
                        "than 1 does, for three times the work; short ones hardly at all."));
  out.push_back(integer("compression", "window_bits", SB_FIELD(config.shard.session.deflate.window_bits), 9, 15, "bits",
                        kRestart,
                        "How far back a repetition is found: 12 means 4,096 bytes. Clients that insist on a smaller "
                        "window than this are served without compression."));
  out.push_back(plain("compression", "client_context_takeover",
                      SB_FIELD(config.shard.session.deflate.client_context_takeover), nullptr, kReload,
                      "Whether clients may compress a message by reference to their earlier ones. It makes what they "
                      "send smaller, and costs up to 40 KB of memory for every client that sends compressed "
                      "messages, for as long as it is connected; a change is for connections to come."));
}

}  // namespace switchboard::config
