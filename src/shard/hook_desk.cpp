#include "shard/hook_desk.h"

#include <utility>

#include "protocol/close_code.h"
#include "protocol/json_object.h"

namespace switchboard::shard {

using session::HookAnswer;
using session::HookKind;
using session::HookQuestion;
using session::HookStep;
using session::Session;

namespace {

constexpr std::string_view name(HookKind kind) {
  switch (kind) {
    case HookKind::kConnect:
      return "connect";
    case HookKind::kJoin:
      return "join";
    case HookKind::kPublish:
      return "publish";
    case HookKind::kDirect:
      return "direct";
  }
  return "";
}

}  // namespace

// --- what is asked -------------------------------------------------------------------------------------------------

void HookDesk::on_opened(const session::Connection& connection) {
  if (asker_ == nullptr || !context_.settings.hooks.is_on || !context_.settings.hooks.connect) return;
  if (!connection.session().is_open()) return;  // it is turned away already
  const SlotId id = connection.session().id();
  auto& asked = asked_[id.pack()];
  if (asked == nullptr) asked = std::make_unique<Asked>();
  send(*asked, HookKind::kConnect, body_of(connection, {.kind = HookKind::kConnect}), id);
}

HookStep HookDesk::ask(const Session& session, const HookQuestion& question) {
  if (asker_ == nullptr) return {};
  auto& asked = asked_[session.id().pack()];
  if (asked == nullptr) asked = std::make_unique<Asked>();
  std::string body = body_of(clients_.at(session.id()).connection, question);
  // Something else may have been in the way of the command that it was for.
  auto answer = std::exchange(asked->answer, std::nullopt);
  if (!answer || asked->question != siphash13(key_, body)) {
    send(*asked, question.kind, std::move(body), session.id());
    return {.state = HookStep::State::kWait};
  }
  if (answer->is_allowed) {
    return {.state = HookStep::State::kGoOn, .info = std::move(answer->info), .content = std::move(answer->content)};
  }
  stats_.hooks_refused.add();
  return {.state = answer->is_down ? HookStep::State::kDown : HookStep::State::kRefused,
          .reason = std::move(answer->reason)};
}

void HookDesk::send(Asked& asked, HookKind kind, std::string body, SlotId connection) {
  asked.number = ++last_number_;
  asked.kind = kind;
  asked.question = siphash13(key_, body);
  stats_.hooks_asked.add();
  asker_->ask(std::move(body), {.shard = shard_, .client = connection, .request = asked.number});
}

std::string HookDesk::body_of(const session::Connection& connection, const HookQuestion& question) {
  const Session& session = connection.session();
  protocol::JsonObject body;
  body.text("type", name(question.kind))
      .text("connection_id", session.connection_id())
      .text("user_id", session.user_id().empty() ? question.user_id : std::string_view(session.user_id()))
      .text("address", connection.peer().ip_text());
  if (!question.room_id.empty()) body.text("room_id", question.room_id);
  if (!question.to_user_id.empty()) body.text("to_user_id", question.to_user_id);
  if (!question.json.empty()) body.json(question.kind == HookKind::kJoin ? "info" : "content", question.json);
  return body.take();
}

bool HookDesk::awaits(const Session& session) const {
  if (asked_.empty()) return false;
  const auto found = asked_.find(session.id().pack());
  return found != asked_.end() && found->second->number != 0;
}

std::span<const std::shared_ptr<const auth::Grants>> HookDesk::grants_of(const Session& session) const {
  if (asked_.empty()) return {};
  const auto found = asked_.find(session.id().pack());
  if (found == asked_.end()) return {};
  return found->second->grants;
}

// --- what is answered ----------------------------------------------------------------------------------------------

void HookDesk::on_answer(SlotId connection, std::uint64_t number, HookAnswer answer) {
  const auto found = asked_.find(connection.pack());
  if (found == asked_.end() || found->second->number != number) return;
  Client* const client = clients_.find(connection);
  if (client == nullptr || !client->session().is_open()) return;
  Asked& asked = *found->second;
  asked.number = 0;
  if (answer.is_down) stats_.hooks_down.add();
  take_permissions(asked, answer);
  if (asked.kind == HookKind::kConnect) {
    let_in(*client, answer);
  } else {
    asked.answer = std::move(answer);
  }
  delivery_.on_answered(*client);
}

void HookDesk::take_permissions(Asked& asked, HookAnswer& answer) {
  if (!answer.is_allowed || answer.permissions.empty()) return;
  auto grants = context_.grants.of(answer.permissions);
  if (!grants) return;  // the one who asked has looked at them
  if (asked.grants.size() == kGrantsMax) asked.grants.erase(asked.grants.begin());
  asked.grants.push_back(std::move(*grants));
}

void HookDesk::let_in(Client& client, const HookAnswer& answer) {
  Session& session = client.session();
  if (answer.is_allowed) {
    if (!answer.user_id.empty() && session.user_id().empty()) session.set_user_id(answer.user_id);
    return;
  }
  stats_.hooks_refused.add();
  if (answer.is_down) {
    client.connection.close(protocol::close::kKeyPending, "the back end that decides who may come does not answer");
    return;
  }
  session.refuse({.code = protocol::ErrorCode::kForbidden, .message = answer.reason, .room_id = {}, .id = {}});
  if (session.is_open()) client.connection.close(protocol::close::kRevoked, "the back end does not let this client in");
}

}  // namespace switchboard::shard
