#include "hook/answer.h"

#include "auth/grants.h"
#include "auth/json_members.h"
#include "protocol/command.h"
#include "protocol/field_value.h"

namespace switchboard::hook {
namespace {

constexpr std::size_t kDepthMax = 64;

}  // namespace

std::expected<session::HookAnswer, std::string> read_answer(std::string_view json, std::size_t content_bytes_max) {
  const auto members = auth::JsonMembers::read(json, kDepthMax);
  if (!members) return std::unexpected(members.error());
  session::HookAnswer answer;
  const std::string_view allow = (*members)["allow"];
  if (allow != "true" && allow != "false") return std::unexpected("has no `allow` that is true or false");
  answer.is_allowed = allow == "true";
  if (!answer.is_allowed) {
    // Whatever else is wrong with it: it says no.
    const auto reason = members->text("reason");
    const bool is_fit =
        reason && !reason->empty() && reason->size() <= kReasonBytesMax && !protocol::has_control_character(*reason);
    answer.reason = is_fit ? *reason : "the back end does not allow it";
    return answer;
  }
  const auto take_text = [&](std::string_view name, std::size_t bytes_max, std::string& out) {
    if (!members->has(name)) return true;
    const auto text = members->text(name);
    if (!text || text->empty() || text->size() > bytes_max || protocol::has_control_character(*text)) return false;
    out = *text;
    return true;
  };
  if (!take_text("user_id", protocol::kNameBytesMax, answer.user_id)) {
    return std::unexpected("has a `user_id` that is no text of 1 to 255 bytes");
  }
  answer.permissions = (*members)["permissions"];
  if (!answer.permissions.empty()) {
    if (const auto grants = auth::Grants::parse(answer.permissions); !grants) {
      return std::unexpected("has `permissions` that are none: " + grants.error());
    }
  }
  answer.info = (*members)["info"];
  if (answer.info.size() > protocol::kInfoBytesMax) return std::unexpected("has an `info` of more than 1024 bytes");
  answer.content = (*members)["content"];
  if (answer.content.size() > content_bytes_max) {
    return std::unexpected("has a `content` of more than " + std::to_string(content_bytes_max) + " bytes");
  }
  return answer;
}

}  // namespace switchboard::hook
