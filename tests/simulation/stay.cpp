#include "simulation/stay.h"

#include <algorithm>
#include <utility>

#include "simulation/failure.h"

namespace switchboard::simulation {

void Stay::fail(const std::string& why) const {
  throw Failure("connection " + std::to_string(connection_) + " in " + room_ + ": " + why);
}

bool Stay::is_settled() const {
  return std::ranges::all_of(outstanding_, [](const auto& o) { return o.kind == CommandKind::kBroadcast; });
}

std::optional<Place> Stay::place() const {
  if (epoch_.empty() || next_ == 0) return std::nullopt;
  return Place{.seq = next_ - 1, .epoch = epoch_};
}

void Stay::begin(const test::JsonObject& joined, const Outstanding& join) {
  is_member_ = true;
  awaits_new_epoch_ = false;
  epoch_ = joined.text("epoch");
  next_ = joined.has("seq") ? joined.number("seq") + 1 : 0;
  missed_ = 0;
  unexplained_.clear();
  own_without_echo_.clear();
  last_of_.clear();
  published_.clear();
  is_catching_up_ = false;
  not_before_ = not_after_ = 0;
  is_told_ = is_v1_ || join.asks_for_history();
  if (join.asks_for_history()) {
    begin_catching_up(joined, join);
  } else if (joined.has("recovered") || joined.has("first_seq")) {
    fail("joined with an answer to a question that was not asked");
  }
  if (room_.starts_with('@') && joined.raw("recovered") != "true") {
    // What had come for it live, before it joined, may still be on its way.
    if (next_ != 0) not_before_ = not_after_ = std::exchange(next_, 0);
    not_before_ = config_.replacements > 0 ? 1 : std::min(not_before_, heard_ + 1);
  }
}

/// Of the first message or gap: where it may be.
void Stay::begin_with(std::uint64_t seq) {
  if (next_ != 0 || not_after_ == 0) return;
  if (seq < not_before_) fail("begins with " + std::to_string(seq) + ", before " + std::to_string(not_before_));
  next_ = std::min(seq, not_after_);
}

void Stay::begin_catching_up(const test::JsonObject& joined, const Outstanding& join) {
  is_catching_up_ = true;
  catch_up_to_ = joined.number("seq");
  if (!join.since) {
    if (joined.has("recovered")) fail("recovered, although it did not resume");
    next_ = 0;
    not_before_ = catch_up_to_ > join.last ? catch_up_to_ - join.last + 1 : 1;
    if (!config_.keeps_history()) not_before_ = catch_up_to_ + 1;
    not_after_ = config_.trims() ? catch_up_to_ + 1 : not_before_;
    return;
  }
  const std::string recovered = joined.raw("recovered");
  const std::string reason = joined.text("reason");
  const bool is_same_epoch = join.since->epoch == epoch_;
  const std::string where = std::to_string(join.since->seq) + "/" + join.since->epoch + " at " +
                            std::to_string(catch_up_to_) + "/" + epoch_ + ": " + recovered + " " + reason + " " +
                            joined.raw("first_seq");
  if (recovered == "true") {
    if (!is_same_epoch || join.since->seq > catch_up_to_) fail("recovered what nobody can, " + where);
    next_ = join.since->seq + 1;
    ++ledger_.recoveries;
    return;
  }
  if (recovered != "false" || !joined.has("first_seq")) fail("resumed without a clear answer, " + where);
  next_ = joined.number("first_seq");
  if (next_ == 0 || next_ > catch_up_to_ + 1) fail("what there is begins nowhere, " + where);
  if (!is_same_epoch) {
    if (reason != "epoch_changed") fail("the epoch has changed, but " + where);
  } else if (join.since->seq > catch_up_to_) {
    if (reason != "ahead") fail("is ahead, but " + where);
    if (!join.is_made_up) fail("numbers that were given out are gone, " + where);
  } else {
    if (reason != "trimmed") fail("could have been recovered, or not for this reason, " + where);
    if (config_.keeps_history() && (!config_.trims() || next_ <= join.since->seq + 1))
      fail("what was to be kept is gone, " + where);
  }
}

/// Drops what will not be answered: broadcasts of a member without id.
void Stay::settle_unanswered() {
  while (is_member_ && !outstanding_.empty() && outstanding_.front().kind == CommandKind::kBroadcast &&
         outstanding_.front().id.empty()) {
    published_.push_back(outstanding_.front().content);
    outstanding_.pop_front();
  }
}

Answered Stay::on_answer(const std::string& type, const test::JsonObject& answer) {
  settle_unanswered();
  auto answered = outstanding_.begin();
  if (config_.store_fails() && answer.text("code") == "unavailable") {
    // What the store does not even take is refused at once.
    answered = std::ranges::find(outstanding_, answer.raw("id"), &Outstanding::id);
  }
  if (answered == outstanding_.end()) fail("an answer to nothing, " + type);
  const Outstanding command = *answered;
  outstanding_.erase(answered);
  if (answer.raw("id") != command.id) {
    fail("an answer out of order: " + type + " with id " + answer.raw("id") + " where " + command.id + " was due");
  }
  const bool is_error = type == "error";
  const std::string code = answer.text("code");
  switch (command.kind) {
    case CommandKind::kJoin:
      if (is_error) {
        const bool is_unavailable = code == "unavailable" && config_.store_fails();
        if (is_member_ || (code != "room_full" && code != "limit_reached" && !is_unavailable))
          fail("join refused with " + code);
      } else if (type != "joined") {
        fail("join answered with " + type);
      } else if (!is_member_) {
        begin(answer, command);
        if ((is_v1_ || !command.id.empty()) == epoch_.empty()) fail("joined with or without an epoch, wrongly");
      } else if (answer.has("seq") && next_ != 0 && !is_catching_up_ && answer.number("seq") + 1 < next_) {
        fail("joined again, with a number before what was delivered");
      }
      break;
    case CommandKind::kJoinAsOther:
      if (code != "user_mismatch") fail("join under another name answered with " + type + " " + code);
      break;
    case CommandKind::kLeave:
      if (is_member_ ? type != "left" : code != "not_joined") fail("leave answered with " + type + " " + code);
      if (is_member_) verify_unexplained(true);
      is_member_ = false;
      heard_ = std::max(heard_, next_ == 0 ? 0 : next_ - 1);
      break;
    case CommandKind::kBroadcast:
      if (is_error && is_member_ && code == "unavailable" && config_.store_fails()) break;
      if (is_member_ ? type != "ack" : code != "not_joined") fail("broadcast answered with " + type + " " + code);
      if (!is_error) on_acked(command, answer);
      break;
  }
  return {.command = command, .was_refused = is_error};
}

void Stay::on_acked(const Outstanding& command, const test::JsonObject& ack) {
  if (!epoch_.empty() && ack.text("epoch") != epoch_) fail("ack with another epoch than joined");
  epoch_ = ack.text("epoch");
  ledger_.acked(command.content, ack.number("seq"), epoch_, ack.raw("ts"));
  const Message& message = ledger_.find(command.content);
  if (ack.raw("duplicate") == "true") {
    if (!message.was_retried) fail("a duplicate of what was sent once: " + command.content);
    ++ledger_.duplicates;
  }
  if (!message.echo) on_own_without_echo(ack.number("seq"), epoch_);
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
  Message& message = ledger_.seen(room_, push, payload, epoch_);
  const std::uint64_t seq = push.number("seq");
  if (message.connection == connection_) {
    // History does not know who sent it over which connection.
    if (!message.echo && !config_.keeps_history()) fail("its own message came back in spite of echo:false: " + payload);
    own_without_echo_.erase(seq);
    message.seen_by_sender = true;
  }
  if (is_catching_up_ && seq > catch_up_to_)
    fail("a live message before it has caught up with " + std::to_string(catch_up_to_));
  begin_with(seq);
  if (next_ != 0 && seq < next_) fail("a message again, or out of order: " + payload);
  if (next_ != 0) {
    note_gap(next_, seq);
  } else {
    own_without_echo_.erase(own_without_echo_.begin(), own_without_echo_.lower_bound(seq));
  }
  next_ = seq + 1;
  if (message.was_retried) return;
  std::uint64_t& last = last_of_[message.connection];
  if (message.number <= last) fail("a sender's messages in another order than it sent them: " + payload);
  last = message.number;
}

void Stay::on_heard(std::uint64_t seq) {
  if (seq <= heard_ && config_.replacements == 0) fail("a message to its user again, or out of order");
  heard_ = seq;
}

void Stay::on_epoch_changed(const test::JsonObject& push) {
  if (!is_member_ || !is_told_) fail("told of a new epoch without having asked");
  if (config_.replacements == 0) fail("a new epoch without a reason");
  if (is_catching_up_) fail("a new epoch before it is said that the replay is over");
  if (push.text("epoch").empty() || push.text("epoch") == epoch_) fail("a new epoch that is none");
  ++ledger_.epochs_changed;
  settle_unanswered();
  awaits_new_epoch_ = false;
  epoch_ = push.text("epoch");
  next_ = push.number("seq") + 1;
  not_before_ = not_after_ = heard_ = 0;
  // What it has not got of the epoch before is lost.
  unexplained_.clear();
  own_without_echo_.clear();
  published_.clear();
}

void Stay::on_caught_up(const test::JsonObject& push) {
  if (!is_member_ || !is_catching_up_) fail("caught up, once more or without having asked");
  is_catching_up_ = false;
  ++ledger_.caught_up;
  if (push.number("seq") != catch_up_to_)
    fail("caught up with " + push.raw("seq") + " where joined said " + std::to_string(catch_up_to_));
  begin_with(not_after_);  // if nothing came of what it asked for
  if (next_ > catch_up_to_ + 1 && missed_ == 0) fail("caught up after live messages");
  const bool has_rest = next_ <= catch_up_to_;
  note_gap(next_, catch_up_to_ + 1);
  next_ = std::max(next_, catch_up_to_ + 1);
  const bool is_complete = push.raw("recovered") != "false";
  const bool is_given_up = config_.replacements > 0 && !is_complete;
  awaits_new_epoch_ = is_given_up && (missed_ == 0 || has_rest);
  if (is_complete == (missed_ > 0) && !is_given_up) fail("caught up, and it is not said what it missed, or wrongly");
}

void Stay::on_lagged(const test::JsonObject& push) {
  if (!is_member_) fail("lagged, for a room that it is not in");
  if (config_.never_skips()) fail("lagged where everything is kept");
  if (!is_told_) fail("lagged, to a client that did not ask for it");
  if (config_.disconnects_the_slow() && !config_.keeps_history() && !is_catching_up_)
    fail("lagged where the slow are disconnected");
  const std::uint64_t from = push.number("from");
  const std::uint64_t to = push.number("to");
  begin_with(from);
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
    if (!is_told_) {                                // not told in words: the server's counters must know
      ++missed_;
      ++ledger_.undeclared_gaps;
    } else {
      fail("message " + std::to_string(seq) + " never came, and no word about it");
    }
  }
  unexplained_.clear();
}

void Stay::verify_gaps_at_end() {
  // The connection may end between "you have not caught up" and the new epoch: what is lost was declared by the former.
  if (is_member_ && !awaits_new_epoch_) verify_unexplained(false);
}

void Stay::verify_complete() {
  settle_unanswered();
  if (!outstanding_.empty()) fail("a command was never answered, id " + outstanding_.front().id);
  if (!is_member_) return;
  if (is_catching_up_) fail("was never told that it has caught up with " + std::to_string(catch_up_to_));
  if (awaits_new_epoch_) fail("was never told why it has not caught up");
  begin_with(not_after_);
  verify_unexplained(true);
  if (!epoch_.empty() && next_ != 0) {
    const std::uint64_t end = ledger_.last(room_, epoch_) + 1;
    for (std::uint64_t seq = next_; seq < end; ++seq) {
      if (own_without_echo_.erase(seq) > 0) continue;
      if (!is_told_) {  // moved on behind the last message that it could see
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
  if (not_seen > missed_ && !is_told_) {  // moved on before the first or behind the last message that it saw
    ledger_.undeclared_gaps += not_seen - missed_;
    missed_ = not_seen;
  }
  if (not_seen > missed_) fail("its own messages did not come back: " + std::to_string(not_seen));
  published_.clear();
}

}  // namespace switchboard::simulation
