#include "simulation/stay.h"

#include <algorithm>

#include "simulation/failure.h"

namespace switchboard::simulation {

void Stay::fail(const std::string& why) const {
  throw Failure("connection " + std::to_string(connection_) + " in " + room_ + ": " + why);
}

void Stay::begin(const test::JsonObject& joined) {
  is_member_ = true;
  epoch_ = joined.text("epoch");
  next_ = joined.has("seq") ? joined.number("seq") + 1 : 0;
  missed_ = 0;
  unexplained_.clear();
  own_without_echo_.clear();
  last_of_.clear();
  published_.clear();
}

/// Drops what will not be answered: broadcasts of a member without id.
void Stay::settle_unanswered() {
  while (is_member_ && !outstanding_.empty() && outstanding_.front().kind == CommandKind::kBroadcast &&
         outstanding_.front().id.empty()) {
    published_.push_back(outstanding_.front().content);
    outstanding_.pop_front();
  }
}

void Stay::on_answer(const std::string& type, const test::JsonObject& answer) {
  settle_unanswered();
  if (outstanding_.empty()) fail("an answer to nothing, " + type);
  const Outstanding command = outstanding_.front();
  outstanding_.pop_front();
  if (answer.raw("id") != command.id) {
    fail("an answer out of order: " + type + " with id " + answer.raw("id") + " where " + command.id + " was due");
  }
  const std::string code = answer.text("code");
  switch (command.kind) {
    case CommandKind::kJoin:
      if (type == "error") {
        if (is_member_ || (code != "room_full" && code != "limit_reached")) fail("join refused with " + code);
      } else if (type != "joined") {
        fail("join answered with " + type);
      } else if (!is_member_) {
        begin(answer);
        if ((is_v1_ || !command.id.empty()) == epoch_.empty()) fail("joined with or without an epoch, wrongly");
      } else if (answer.has("seq") && next_ != 0 && answer.number("seq") + 1 < next_) {
        fail("joined again, with a number before what was delivered");
      }
      return;
    case CommandKind::kJoinAsOther:
      if (code != "user_mismatch") fail("join under another name answered with " + type + " " + code);
      return;
    case CommandKind::kLeave:
      if (is_member_ ? type != "left" : code != "not_joined") fail("leave answered with " + type + " " + code);
      if (is_member_) verify_unexplained(true);
      is_member_ = false;
      return;
    case CommandKind::kBroadcast:
      if (is_member_ ? type != "ack" : code != "not_joined") fail("broadcast answered with " + type + " " + code);
      if (type == "error") return;
      if (!epoch_.empty() && answer.text("epoch") != epoch_) fail("ack with another epoch than joined");
      epoch_ = answer.text("epoch");
      ledger_.acked(command.content, answer.number("seq"), epoch_, answer.raw("ts"));
      if (!ledger_.find(command.content).echo) on_own_without_echo(answer.number("seq"), epoch_);
      return;
  }
}

void Stay::on_own_without_echo(std::uint64_t seq, const std::string& epoch) {
  if (epoch != epoch_ || unexplained_.erase(seq) > 0) return;
  if (next_ == 0 || seq >= next_) own_without_echo_.insert(seq);
}

void Stay::note_gap(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t seq = from; seq < to; ++seq) {
    if (own_without_echo_.erase(seq) == 0) unexplained_.insert(seq);
  }
}

void Stay::on_publication(const test::JsonObject& push, const std::string& payload) {
  if (!is_member_) fail("a message of a room that it is not in: " + payload);
  Message& message = ledger_.seen(push, payload, epoch_);
  const std::uint64_t seq = push.number("seq");
  if (message.connection == connection_) {
    if (!message.echo) fail("its own message came back in spite of echo:false: " + payload);
    message.seen_by_sender = true;
  }
  if (next_ != 0 && seq < next_) fail("a message again, or out of order: " + payload);
  if (next_ != 0) {
    note_gap(next_, seq);
  } else {
    own_without_echo_.erase(own_without_echo_.begin(), own_without_echo_.lower_bound(seq));
  }
  next_ = seq + 1;
  std::uint64_t& last = last_of_[message.connection];
  if (message.number <= last) fail("a sender's messages in another order than it sent them: " + payload);
  last = message.number;
}

void Stay::on_lagged(const test::JsonObject& push) {
  if (!is_member_) fail("lagged, for a room that it is not in");
  if (!is_v1_) fail("lagged, to a client that did not ask for it");
  const std::uint64_t from = push.number("from");
  const std::uint64_t to = push.number("to");
  if (from < next_ || to < from)
    fail("lagged from " + push.raw("from") + " to " + push.raw("to") + " where " + std::to_string(next_) + " was due");
  note_gap(next_, from);
  missed_ += to + 1 - from;
  ledger_.declared_gaps += to + 1 - from;
  own_without_echo_.erase(own_without_echo_.lower_bound(from), own_without_echo_.upper_bound(to));
  next_ = to + 1;
}

void Stay::verify_unexplained(bool is_final) {
  for (const std::uint64_t seq : unexplained_) {
    const Message* message = ledger_.at(room_, epoch_, seq);
    const bool is_own = message != nullptr && message->connection == connection_ && !message->echo;
    if (is_own) continue;
    if (!is_final && message == nullptr) continue;  // perhaps its own, and the acknowledgement was lost with it
    if (!is_v1_) {                                  // not told in words: the server's counters must know
      ++missed_;
      ++ledger_.undeclared_gaps;
    } else {
      fail("message " + std::to_string(seq) + " never came, and no word about it");
    }
  }
  unexplained_.clear();
}

void Stay::verify_gaps_at_end() {
  if (is_member_) verify_unexplained(false);
}

void Stay::verify_complete() {
  settle_unanswered();
  if (!outstanding_.empty()) fail("a command was never answered, id " + outstanding_.front().id);
  if (!is_member_) return;
  verify_unexplained(true);
  if (!epoch_.empty() && next_ != 0) {
    const std::uint64_t end = ledger_.last(room_, epoch_) + 1;
    for (std::uint64_t seq = next_; seq < end; ++seq) {
      if (own_without_echo_.erase(seq) > 0) continue;
      if (!is_v1_) {  // moved on behind the last message that it could see
        ++missed_;
        ++ledger_.undeclared_gaps;
        continue;
      }
      const Message* message = ledger_.at(room_, epoch_, seq);
      fail("message " + std::to_string(seq) + " has not come although all is at rest; the last is " +
           std::to_string(end - 1) +
           (message == nullptr
                ? ""
                : ", sent by " + std::to_string(message->connection) + " echo=" + std::to_string(message->echo)));
    }
    next_ = std::max(next_, end);
  }
  if (next_ != 0 && !own_without_echo_.empty()) fail("its own message without echo has a number that nobody knows of");
  std::uint64_t not_seen = 0;
  for (const std::string& content : published_)
    not_seen += ledger_.find(content).echo && !ledger_.find(content).seen_by_sender ? 1 : 0;
  if (not_seen > missed_ && !is_v1_) {  // moved on before the first or behind the last message that it saw
    ledger_.undeclared_gaps += not_seen - missed_;
    missed_ = not_seen;
  }
  if (not_seen > missed_) fail("its own messages did not come back: " + std::to_string(not_seen));
  published_.clear();
}

}  // namespace switchboard::simulation
