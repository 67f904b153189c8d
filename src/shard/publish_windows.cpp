#include "shard/publish_windows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace switchboard::shard {
namespace {

/// What a message takes on its way besides its text.
constexpr std::size_t kMessageBytes = 512;

}  // namespace

std::uint32_t PublishWindows::cost_of(std::size_t text_bytes) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max() / 2;  // two fit into a share's count
  return static_cast<std::uint32_t>(std::min(text_bytes + kMessageBytes, kMost));
}

/// `cost`: of all of them.
bool PublishWindows::may_take(const PublishShare& share, std::uint32_t messages, std::uint64_t cost) const {
  if (share.messages == 0) return bytes_ == 0 || bytes_ + cost <= limits_.bytes_max;
  return share.messages + messages <= limits_.connection_messages_max &&
         share.bytes + cost <= limits_.connection_bytes_max && bytes_ + cost <= limits_.bytes_max / 2;
}

bool PublishWindows::take(Client& client, std::uint32_t messages, std::uint32_t cost) {
  PublishShare& share = client.publishing;
  SB_ASSERT(messages <= 2);
  const std::uint64_t all = std::uint64_t{messages} * cost;
  share.is_waiting = !may_take(share, messages, all);
  if (share.is_waiting) {
    // With something under way it is looked at again when that is answered.
    if (share.messages == 0 && !share.is_in_line) {
      share.is_in_line = true;
      waiting_.push_back(client.session().id());
    }
    return false;
  }
  share.messages = static_cast<std::uint16_t>(share.messages + messages);
  share.bytes += static_cast<std::uint32_t>(all);
  bytes_ += all;
  return true;
}

bool PublishWindows::give_back(SlotId connection, std::uint32_t cost) {
  SB_ASSERT(cost <= bytes_);
  bytes_ -= cost;
  Client* client = clients_.find(connection);
  if (client == nullptr) return false;
  PublishShare& share = client->publishing;
  SB_ASSERT(share.messages > 0 && cost <= share.bytes);
  --share.messages;
  share.bytes -= cost;
  // Not at every answer: what waits is looked at again once half of the window is free.
  if (share.messages > limits_.connection_messages_max / 2 || share.bytes > limits_.connection_bytes_max / 2)
    return false;
  return std::exchange(share.is_waiting, false);
}

}  // namespace switchboard::shard
