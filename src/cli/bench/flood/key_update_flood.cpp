#include "cli/bench/flood/key_update_flood.h"

#include <cerrno>

namespace switchboard::cli::bench {
namespace {

constexpr int kUpdatesPerTurn = 16;         // of one client, before the next one's
constexpr std::uint64_t kRecordBytes = 27;  // header 5, message 5, content type 1, tag 16

}  // namespace

KeyUpdateFlood::KeyUpdateFlood(std::uint32_t clients, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s)
    : Flooders({.clients = clients, .share_room = false, .encoding = ws::Encoding::kPlain}, endpoint,
               std::move(source_ipv4s)),
      can_write_(clients, false) {}

bool KeyUpdateFlood::press_on(std::int64_t) {
  bool has_more = false;
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (!can_write_[i] || !is_joined(i)) continue;
    can_write_[i] = send_some(i);
    has_more |= can_write_[i];
  }
  return has_more;
}

bool KeyUpdateFlood::send_some(std::uint32_t index) {
  for (int i = 0; i < kUpdatesPerTurn; ++i) {
    if (connection(index).update_key() != 1) {
      // A broken connection is found by reading it, with the server's Close frame before its end.
      return false;
    }
    ++count().messages;
    count().bytes += kRecordBytes;
  }
  return true;
}

}  // namespace switchboard::cli::bench
