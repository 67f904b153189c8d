#include "session/answers_owed.h"

#include <algorithm>

namespace switchboard::session {
namespace {

/// At most so many bytes of a publish's answer, what frames it included.
std::uint32_t ack_bytes_max(std::string_view room_id, std::string_view command_id) {
  constexpr std::size_t kAllButNames = 160;
  return static_cast<std::uint32_t>(kAllButNames + 2 * room_id.size() + command_id.size());  // a name may be escaped
}

}  // namespace

void AnswersOwed::expect_ack(std::string_view room_id, std::string_view command_id) {
  ack_bytes_ += ack_bytes_max(room_id, command_id);
}

void AnswersOwed::expect_no_ack(std::string_view room_id, std::string_view command_id) {
  ack_bytes_ -= std::min(ack_bytes_, ack_bytes_max(room_id, command_id));
}

}  // namespace switchboard::session
