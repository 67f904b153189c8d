#include "shard/homes.h"

#include <utility>

#include "base/assert.h"

namespace switchboard::shard {

std::uint32_t Homes::of(std::string_view room_id) const {
  return port_.shards() == 1 ? 0 : static_cast<std::uint32_t>(siphash13(key_, room_id) % port_.shards());
}

bool Homes::may_publish(const session::Session& session, std::uint32_t home, std::size_t messages) const {
  return waits_.may_send(home, intake_.load_of(clients_.at(session.id())), messages);
}

session::Attempt Homes::wait(const session::Session& session, std::uint32_t home) {
  Client& client = clients_.at(session.id());
  waits_.wait(client, home, intake_.load_of(client));
  stats_.waits.add();
  return session::Attempt::kBusy;
}

/// There is room for it: whoever sends has asked.
void Homes::send(std::uint32_t home, Request&& request) {
  const bool is_sent = port_.try_request(home, std::move(request));
  SB_ASSERT(is_sent);
}

void Homes::join(std::uint32_t home, JoinRequest&& request) {
  if (is_here(home)) return own_.join(home, std::move(request));
  send(home, std::move(request));
}

void Homes::publish(std::uint32_t home, SlotId home_room, broker::Publish publish) {
  if (is_here(home)) return own_.publish(home_room, publish);
  if (home_room) publish.room_id = {};  // its home knows it
  PublishRequest request{.home_room = home_room, .publish = broker::HeldPublish(publish)};
  send(home, std::move(request));
}

void Homes::list_users(std::uint32_t home, PresenceRequest&& request) {
  if (is_here(home)) return own_.list_users(home, std::move(request));
  send(home, std::move(request));
}

void Homes::leave(const RoomView& view, SlotId home_room) {
  const LeaveRequest request{.home_room = home_room, .format = view.format};
  is_here(view.home) ? own_.leave(view.home, request) : port_.leave(view.home, request);
}

bool Homes::read(std::uint32_t home, const ReadRequest& request) {
  if (!is_here(home)) return port_.try_request(home, ReadRequest(request));
  own_.read(home, request);
  return true;
}

bool Homes::ask(std::uint32_t shard, ApiQuestion&& question) {
  if (is_here(shard)) {
    own_.ask(shard, question);
    return true;
  }
  return port_.try_request(shard, std::make_unique<ApiQuestion>(std::move(question)));
}

void Homes::report(std::uint32_t home, PresenceReport&& report) {
  if (is_here(home)) return own_.take_report(home, report);
  send(home, std::move(report));
}

}  // namespace switchboard::shard
