// Session, the part about rooms: what the host answers, told to the client in its own words.
#include <algorithm>

#include "base/assert.h"
#include "protocol/user_room.h"
#include "session/session.h"

namespace switchboard::session {
namespace {

using protocol::ErrorCode;
using protocol::told_room_id;

/// At most so many bytes of a publish's answer, its frame's header included.
std::uint32_t ack_bytes_max(std::string_view room_id, std::string_view command_id) {
  constexpr std::size_t kAllButNames = 160;
  return static_cast<std::uint32_t>(kAllButNames + 2 * room_id.size() + command_id.size());  // a name may be escaped
}

std::string_view join_refusal(ErrorCode code) {
  switch (code) {
    case ErrorCode::kRoomFull:
      return "the room has as many members as it may have";
    case ErrorCode::kLimitReached:
      return "the server has as many rooms as it may have";
    case ErrorCode::kUnavailable:
      return "the room cannot be opened for now: its history is out of reach";
    default:
      return "the room cannot be joined";
  }
}

std::string_view publish_refusal(ErrorCode code) {
  switch (code) {
    case ErrorCode::kLimitReached:
      return "the server has as many rooms as it may have";
    case ErrorCode::kUnavailable:
      return "the message could not be committed for now; it may still be: a retry is safe with `dedup`";
    default:
      return "the message could not be committed";
  }
}

}  // namespace

void Session::set_user_id(std::string_view user_id) {
  SB_ASSERT(user_id_.empty());
  user_id_ = user_id;
  context_->host.on_user_named(*this);
}

std::optional<std::uint32_t> Session::find_joined(std::string_view room_id) const {
  const auto slot = context_->host.find(*this, room_id);
  return slot && memberships_[*slot].is_implicit ? std::nullopt : slot;
}

// --- joining -------------------------------------------------------------------------------------------------------

void Session::on_joined(const Membership& membership, const protocol::Joined& joined) {
  end_join();
  if (state_ != State::kOpen) return;
  context_->stats.joins.add();
  protocol::Joined told = joined;
  told.room_id = told_room_id(joined.room_id);
  if (!is_v1_ && joined.id.empty() && !membership.opted_in) told.epoch = {};
  send(told);
}

void Session::on_join_refused(std::string_view room_id, std::string_view command_id, ErrorCode code) {
  end_join();
  refuse_told(code, join_refusal(code), told_room_id(room_id), command_id);
}

// --- what a room has to say ----------------------------------------------------------------------------------------

void Session::on_caught_up(const protocol::CaughtUp& caught_up) {
  if (state_ != State::kOpen) return;
  protocol::CaughtUp told = caught_up;
  told.room_id = told_room_id(caught_up.room_id);
  send(told);
}

void Session::on_epoch_changed(const protocol::EpochChanged& changed) {
  if (!is_v1_ || state_ != State::kOpen) return;
  protocol::EpochChanged told = changed;
  told.room_id = told_room_id(changed.room_id);
  send(told);
}

void Session::on_lagged(const Membership& membership, const protocol::Lagged& lagged) {
  if (state_ != State::kOpen || (!is_v1_ && !membership.opted_in)) return;
  protocol::Lagged told = lagged;
  told.room_id = told_room_id(lagged.room_id);
  send(told);
}

// --- publishing ----------------------------------------------------------------------------------------------------

void Session::expect_ack(std::string_view room_id, std::string_view command_id) {
  ack_bytes_owed_ += ack_bytes_max(room_id, command_id);
}

void Session::expect_no_ack(std::string_view room_id, std::string_view command_id) {
  ack_bytes_owed_ -= std::min(ack_bytes_owed_, ack_bytes_max(room_id, command_id));
}

void Session::on_published(const protocol::Ack& ack) {
  expect_no_ack(ack.room_id, ack.id);
  if (state_ == State::kOpen) send(ack);
}

void Session::on_publish_refused(std::string_view room_id, std::string_view command_id, ErrorCode code) {
  if (!command_id.empty()) expect_no_ack(room_id, command_id);
  // A direct message named a user, not a room.
  refuse_told(code, publish_refusal(code), protocol::is_user_room(room_id) ? std::string_view{} : room_id, command_id);
}

// --- queries -------------------------------------------------------------------------------------------------------

void Session::on_history(const protocol::HistoryPage& page) {
  end_query();
  if (state_ != State::kOpen) return;
  protocol::HistoryPage told = page;
  told.room_id = told_room_id(page.room_id);
  send(told);
}

void Session::on_history_refused(std::string_view room_id, std::string_view command_id, ErrorCode code) {
  end_query();
  const bool is_kept = code != ErrorCode::kHistoryUnavailable;
  refuse_told(code, is_kept ? "the room's history cannot be read for now" : "this room keeps no history",
              told_room_id(room_id), command_id);
}

void Session::on_presence(const protocol::PresenceList& list) {
  end_query();
  if (state_ == State::kOpen) send(list);
}

void Session::on_presence_refused(std::string_view room_id, std::string_view command_id, ErrorCode code) {
  end_query();
  refuse_told(code, "who is in the room cannot be said for now", room_id, command_id);
}

/// The client knows the room by that name.
void Session::refuse_told(ErrorCode code, std::string_view message, std::string_view room_id,
                          std::string_view command_id) {
  if (state_ != State::kOpen) return;
  refuse(
      {.code = code, .message = std::string(message), .room_id = std::string(room_id), .id = std::string(command_id)});
}

}  // namespace switchboard::session
