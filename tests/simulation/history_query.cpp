#include "simulation/history_query.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "simulation/failure.h"

namespace switchboard::simulation {
namespace {

/// The objects of a JSON array, each as it stands there.
std::vector<std::string> objects_of(const std::string& array) {
  check(array.size() >= 2 && array.front() == '[' && array.back() == ']', "messages that are no array: " + array);
  std::vector<std::string> objects;
  std::size_t depth = 0;
  std::size_t begin = 0;
  bool in_string = false;
  for (std::size_t i = 1; i + 1 < array.size(); ++i) {
    const char c = array[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' && depth++ == 0) {
      begin = i;
    } else if (c == '}' && --depth == 0) {
      objects.push_back(array.substr(begin, i + 1 - begin));
    }
  }
  return objects;
}

}  // namespace

std::string HistoryQuery::document() const {
  std::string text = R"({"type":"history","room_id":")" + room + "\"";
  if (direction == Direction::kBefore) text += ",\"before\":" + std::to_string(seq);
  if (direction == Direction::kAfter) text += ",\"after\":" + std::to_string(seq);
  return text + ",\"limit\":" + std::to_string(limit) + ",\"id\":" + id + "}";
}

void HistoryQuery::verify(const test::JsonObject& answer, std::size_t bytes, Ledger& ledger,
                          const Config& config) const {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const auto demand = [&](bool holds, const std::string& otherwise) {
    check(holds, "history of " + document() + ": " + otherwise + "; known up to " + std::to_string(known_last) +
                     ", got " + std::to_string(first) + " to " + std::to_string(last) + ", more " + answer.raw("more"));
  };
  demand(answer.text("room_id") == room, "of another room");
  std::string its_epoch = answer.text("epoch");
  demand(!its_epoch.empty() && (epoch.empty() || its_epoch == epoch || config.replacements > 0), "of another epoch");
  const auto messages = objects_of(answer.raw("messages"));
  demand(messages.size() <= limit, "more messages than were asked for");
  demand(bytes <= config.shard.session.reply_bytes_max || messages.size() == 1, "longer than it may be");
  for (const std::string& message : messages) {
    const auto push = test::JsonObject::parse(message);
    demand(push && push->text("type") == (room == its_id ? "broadcast" : "direct"), "what is no message: " + message);
    const std::uint64_t its_seq = push->number("seq");
    demand(last == 0 || its_seq == last + 1, "a hole before " + message);
    if (first == 0) first = its_seq;
    last = its_seq;
    ledger.seen(its_id, *push, message, its_epoch);
  }
  const std::string more = answer.raw("more");
  demand(more == "true" || more == "false", "does not say whether there is more");
  if (direction == Direction::kAfter) {
    if (seq < known_last && !config.trims()) {
      demand(!messages.empty(), "nothing, although there is something");
      demand(first == seq + 1, "does not begin where it should");
    }
    demand(messages.empty() || first > seq, "begins too early");
    if (more == "false" && !messages.empty() && !config.trims()) demand(last >= known_last, "ends too early");
    return;
  }
  const std::uint64_t end = direction == Direction::kBefore ? seq : std::numeric_limits<std::uint64_t>::max();
  demand(last < end, "goes too far");
  const std::uint64_t newest = std::min(end - 1, known_last);
  if (!config.trims() && end > 0 && newest > 0) {
    demand(!messages.empty(), "nothing, although there is something");
    demand(last >= newest, "ends too early");
    demand(more == "true" || first == 1, "there is more before it");
    demand(more == "false" || first > 1, "there is nothing before it");
  }
}

}  // namespace switchboard::simulation
