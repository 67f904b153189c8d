#include "webhook/interest.h"

#include "base/nearest_name.h"
#include "protocol/json_string.h"

namespace switchboard::webhook {
namespace {

std::expected<auth::Grants, std::string> compile(const std::vector<std::string>& rooms) {
  std::string json = R"({"rooms":{)";
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    if (i > 0) json += ',';
    json += protocol::json_text(rooms[i]) + R"(:["join"])";
  }
  return auth::Grants::parse(json + "}}");
}

}  // namespace

std::expected<Interest, std::string> Interest::parse(const std::vector<std::string>& events,
                                                     const std::vector<std::string>& rooms) {
  Interest interest;
  for (const std::string& pattern : events) {
    const auto types = event_types_of(pattern);
    if (!types) return std::unexpected("`events`: " + problem_with_event_pattern(pattern));
    interest.types_ |= *types;
  }
  // Whoever is told anything is told these.
  interest.types_.add(EventType::kEventsLost);
  interest.types_.add(EventType::kTest);
  auto patterns = compile(rooms);
  if (!patterns) return std::unexpected(patterns.error());
  interest.rooms_ = std::move(*patterns);
  return interest;
}

std::string problem_with_event_pattern(std::string_view pattern) {
  if (event_types_of(pattern)) return "";
  const std::string nearest = nearest_name(pattern, kEventNames);
  std::string out = "is no type of event";
  if (!nearest.empty()) out += "; did you mean `" + nearest + "`?";
  return out;
}

std::string problem_with_room_pattern(std::string_view pattern) {
  const auto compiled = compile({std::string(pattern)});
  return compiled ? "" : compiled.error();
}

}  // namespace switchboard::webhook
