#include "shard/users.h"

#include "base/assert.h"

namespace switchboard::shard {

void Users::add(Client& client) {
  SB_ASSERT(!client.has_user && !client.session().user_id().empty());
  client.has_user = true;
  const std::uint32_t slot = client.session().id().index;
  const auto [place, is_first] = first_.try_emplace(hash(client.session().user_id()), slot);
  if (is_first) return;
  client.same_user.next = place->second;
  clients_.at_index(place->second).same_user.prev = slot;
  place->second = slot;
}

bool Users::remove(Client& client) {
  if (!client.has_user) return false;
  client.has_user = false;
  const auto [prev, next] = client.same_user;
  client.same_user = {};
  if (next != UserLinks::kNone) clients_.at_index(next).same_user.prev = prev;
  if (prev != UserLinks::kNone) {
    clients_.at_index(prev).same_user.next = next;
    return true;
  }
  const auto place = first_.find(hash(client.session().user_id()));
  SB_ASSERT(place != first_.end() && place->second == client.session().id().index);
  if (next != UserLinks::kNone) {
    place->second = next;
    return true;
  }
  first_.erase(place);
  first_.shrink_if_sparse();
  return true;
}

}  // namespace switchboard::shard
