// What a shard is told by rooms' homes: by its own during a call, by those of other shards through its mailbox. The
// desks are told nothing in any other way.
#pragma once

#include <string_view>

#include "shard/messages.h"

namespace switchboard::shard {

/// A message in a user's own room. Views, valid during the call.
struct UserCommit {
  std::string_view room_id;
  std::string_view epoch;
  Seq seq;
  const wire::Formatted& message;
  SlotId excluded;  // the connection that must not get it, or none
};

class HomeNews {
 public:
  virtual void on_joined(const JoinResult& result) = 0;
  /// Of a room with members here. `excluded`: the connection that must not get it, or none.
  virtual void on_committed(const ViewsByFormat& views, Seq seq, const wire::Formatted& message, SlotId excluded) = 0;
  /// Whatever connections the user has here are to get it. True when there was one.
  virtual bool on_user_committed(const UserCommit& commit) = 0;
  virtual void on_published(const PublishOutcome& outcome) = 0;
  virtual void on_epoch_changed(const EpochResult& result) = 0;
  virtual void on_page(PageTicket ticket, const wire::PageOrError& page) = 0;
  virtual void on_track(const TrackResult& track) = 0;
  virtual void on_presence_change(const ViewsByFormat& views, const PresenceFrame& change) = 0;
  virtual void on_presence_list(const PresenceListResult& list) = 0;
  /// What is asked of the users here. Answered by `HomeDesk::tell_found`.
  virtual void on_api_question(std::uint32_t from, const ApiQuestion& question) = 0;
  /// What a shard has found for the API here.
  virtual void on_api_finding(ApiFinding&& finding) = 0;

 protected:
  ~HomeNews() = default;
};

}  // namespace switchboard::shard
