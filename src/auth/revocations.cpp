#include "auth/revocations.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "auth/json_members.h"
#include "base/siphash.h"
#include "protocol/json_string.h"

namespace switchboard::auth {
namespace {

bool take_number(const JsonMembers& members, std::string_view name, UnixMillis& out) {
  const std::string_view json = members[name];
  const auto read = std::from_chars(json.data(), json.data() + json.size(), out);
  return read.ec == std::errc{} && read.ptr == json.data() + json.size();
}

/// Neither goes back: what is no good once does not become good by an earlier moment.
void take_later(Revocation& kept, const Revocation& revocation) {
  const UnixMillis issued_before = std::max(kept.issued_before, revocation.issued_before);
  const UnixMillis until = std::max(kept.until, revocation.until);
  kept = revocation;
  kept.issued_before = issued_before;
  kept.until = until;
}

bool is_older(const RevocableToken& token, const Revocation& revocation) {
  return token.issued_at.value_or(0) < revocation.issued_before;
}

}  // namespace

std::uint64_t hash_of_token_id(std::string_view token_id) {
  if (token_id.empty()) return 0;
  // Whoever makes tokens chooses their ids, not who shows them: no key is needed. And a user's are compared only.
  return std::max<std::uint64_t>(siphash13({0, 0}, token_id), 1);
}

bool Revocations::has_room(UnixMillis now) {
  if (size() >= kMax) forget_ended(now);
  return size() < kMax;
}

bool Revocations::add(const Revocation& revocation, UnixMillis now) {
  if (!has_room(now)) return false;
  if (!revocation.room_id.empty()) {
    ByUser& users = by_room_[revocation.room_id];
    const std::size_t before = users.size();
    take_later(users[revocation.user_id], revocation);
    in_rooms_ += users.size() - before;
  } else if (revocation.token_id.empty()) {
    take_later(by_user_[revocation.user_id], revocation);
  } else {
    by_token_[{revocation.user_id, hash_of_token_id(revocation.token_id)}] = revocation;
  }
  return true;
}

bool Revocations::concerns(const RevocableToken& token) const {
  if (const auto user = by_user_.find(token.user_id); user != by_user_.end()) {
    if (is_older(token, user->second)) return true;
  }
  if (by_token_.empty() || token.token_id_hash == 0) return false;
  return by_token_.contains({std::string(token.user_id), token.token_id_hash});
}

bool Revocations::concerns_in(std::string_view room_id, const RevocableToken& token) const {
  const auto room = by_room_.find(room_id);
  if (room == by_room_.end()) return false;
  const auto holds_for = [&](std::string_view user_id) {
    const auto found = room->second.find(user_id);
    return found != room->second.end() && is_older(token, found->second);
  };
  return holds_for({}) || holds_for(token.user_id);
}

void Revocations::forget_ended(UnixMillis now) {
  const auto is_over = [now](const auto& entry) { return entry.second.until <= now; };
  std::erase_if(by_user_, is_over);
  std::erase_if(by_token_, is_over);
  for (auto& [room, users] : by_room_)
    in_rooms_ -= std::erase_if(users, is_over);
  std::erase_if(by_room_, [](const auto& entry) { return entry.second.empty(); });
}

std::string line_of(const Revocation& revocation) {
  std::string out = "{";
  if (!revocation.room_id.empty()) out += R"("room_id":)" + protocol::json_text(revocation.room_id) + ",";
  out += R"("user_id":)" + protocol::json_text(revocation.user_id);
  if (!revocation.token_id.empty()) out += R"(,"token_id":)" + protocol::json_text(revocation.token_id);
  return out + R"(,"issued_before":)" + std::to_string(revocation.issued_before) + R"(,"until":)" +
         std::to_string(revocation.until) + "}\n";
}

std::optional<Revocation> revocation_of(std::string_view line) {
  const auto members = JsonMembers::read(line);
  if (!members) return std::nullopt;
  Revocation revocation;
  auto user_id = members->text("user_id");
  if (!user_id || !take_number(*members, "issued_before", revocation.issued_before) ||
      !take_number(*members, "until", revocation.until)) {
    return std::nullopt;
  }
  revocation.user_id = std::move(*user_id);
  revocation.room_id = members->text("room_id").value_or("");
  revocation.token_id = members->text("token_id").value_or("");
  return revocation;
}

}  // namespace switchboard::auth
