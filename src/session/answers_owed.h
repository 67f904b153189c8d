// What the shard owes a session: acknowledgements, which room is kept for, the answer to a join and that to a query.
// Commands that must not overtake them wait.
#pragma once

#include <cstdint>
#include <string_view>

namespace switchboard::session {

class AnswersOwed {
 public:
  /// A publish with that id is under way: room is kept for its acknowledgement.
  void expect_ack(std::string_view room_id, std::string_view command_id);
  /// It has come, or will not.
  void expect_no_ack(std::string_view room_id, std::string_view command_id);
  bool awaits_ack() const { return ack_bytes_ > 0; }
  /// The most that the acknowledgements under way take at the outlet.
  std::uint32_t ack_bytes() const { return ack_bytes_; }

  /// A `history` or `presence` is under way: its answer has not been sent. One at a time.
  void begin_query() { awaits_query_ = true; }
  void end_query() { awaits_query_ = false; }
  bool awaits_query() const { return awaits_query_; }

  /// One at a time.
  void begin_join() { awaits_join_ = true; }
  /// One that the client did not ask for: a refusal is not for it.
  void begin_unasked_join() { awaits_join_ = is_unasked_ = true; }
  void end_join() { awaits_join_ = is_unasked_ = false; }
  bool awaits_join() const { return awaits_join_; }
  bool is_join_unasked() const { return is_unasked_; }

  /// Something that the client did not ask for is to be done when nothing is owed: its commands wait behind that.
  void hold() { is_held_ = true; }
  void release() { is_held_ = false; }
  bool is_held() const { return is_held_; }

 private:
  std::uint32_t ack_bytes_ = 0;
  bool awaits_query_ : 1 = false;
  bool awaits_join_ : 1 = false;
  bool is_unasked_ : 1 = false;
  bool is_held_ : 1 = false;
};

}  // namespace switchboard::session
