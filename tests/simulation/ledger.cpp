#include "simulation/ledger.h"

#include "simulation/failure.h"

namespace switchboard::simulation {

Message& Ledger::sent(const std::string& content, Message message) {
  return messages_[content] = std::move(message);
}

Message& Ledger::find(const std::string& content) {
  const auto found = messages_.find(content);
  check(found != messages_.end(), "a content that nobody sent: " + content);
  return found->second;
}

Placed& Ledger::place(Message& message, const std::string& content, std::uint64_t seq, const std::string& epoch,
                      const std::string& ts) {
  check(seq > 0, "number 0 for " + content);
  if (!epoch.empty()) {
    if (auto unnamed = message.places.extract(""); unnamed && !message.places.contains(epoch)) {
      unnamed.key() = epoch;
      message.places.insert(std::move(unnamed));
    }
    auto& epochs = epochs_[message.room];
    epochs.insert(epoch);
    check(!rooms_last_ || epochs.size() <= 1 + epochs_expected_[message.room],
          "a new epoch of " + message.room + " without a reason, " + epoch);
  }
  Placed& placed = message.places[epoch];
  check(placed.seq == 0 || placed.seq == seq,
        "two numbers for one message, " + content + ": " + std::to_string(placed.seq) + " and " + std::to_string(seq));
  check(placed.ts.empty() || placed.ts == ts, "two time stamps for one message, " + content);
  placed.seq = seq;
  placed.ts = ts;
  if (epoch.empty()) return placed;
  check(rooms_last_ == false || message.places.size() <= 1 + epochs_expected_[message.room],
        "two epochs for one message, " + content);
  Message*& place = by_seq_[{message.room, epoch}][seq];
  check(place == nullptr || place == &message,
        "two messages under number " + std::to_string(seq) + " of " + message.room + ", the second " + content);
  place = &message;
  return placed;
}

Message& Ledger::identify(const std::string& room, const test::JsonObject& push, const std::string& payload) {
  Message& message = find(push.raw("content"));
  const bool is_direct = room.starts_with('@');
  check(message.room == room, "a message in another room than its own: " + payload);
  check(is_direct != push.has("room_id") && (is_direct || push.text("room_id") == room),
        "a message that names another room or none: " + payload);
  check(message.user == push.text("sender"), "a message of another sender than its own: " + payload);
  ++deliveries;
  return message;
}

Message& Ledger::seen(const std::string& room, const test::JsonObject& push, const std::string& payload,
                      std::string& epoch) {
  Message& message = identify(room, push, payload);
  if (epoch.empty() && message.places.size() == 1) epoch = message.places.begin()->first;
  Placed& placed = place(message, push.raw("content"), push.number("seq"), epoch, push.raw("ts"));
  check(placed.payload.empty() || placed.payload == payload,
        "two encodings of one message: " + payload + " and " + placed.payload);
  placed.payload = payload;
  return message;
}

void Ledger::heard(const std::string& room, const test::JsonObject& push, const std::string& payload) {
  const Message& message = identify(room, push, payload);
  if (!epochs_expected_.empty() || message.places.size() != 1) return;  // it may be of several epochs
  const Placed& placed = message.places.begin()->second;
  check(placed.seq == push.number("seq") && placed.ts == push.raw("ts"), "another number for " + payload);
}

void Ledger::acked(const std::string& content, std::uint64_t seq, const std::string& epoch, const std::string& ts) {
  check(!epoch.empty(), "an acknowledgement without an epoch for " + content);
  place(find(content), content, seq, epoch, ts);
}

const Message* Ledger::at(const std::string& room, const std::string& epoch, std::uint64_t seq) const {
  const auto found = by_seq_.find({room, epoch});
  if (found == by_seq_.end()) return nullptr;
  const auto message = found->second.find(seq);
  return message == found->second.end() ? nullptr : message->second;
}

std::uint64_t Ledger::last(const std::string& room, const std::string& epoch) const {
  const auto found = by_seq_.find({room, epoch});
  return found == by_seq_.end() || found->second.empty() ? 0 : found->second.rbegin()->first;
}

void Ledger::verify_order() const {
  for (const auto& [name, messages] : by_seq_) {
    std::map<std::uint32_t, std::uint64_t> last_number;
    for (const auto& [seq, message] : messages) {
      if (message->was_retried) continue;  // it counts where the first of its tries that was committed stood
      std::uint64_t& last = last_number[message->connection];
      check(message->number > last, "messages of one connection in another order than it sent them, in " + name.first +
                                        " at " + std::to_string(seq));
      last = message->number;
    }
  }
}

}  // namespace switchboard::simulation
