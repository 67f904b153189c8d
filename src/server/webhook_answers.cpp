#include "server/webhook_answers.h"

#include "api/problem.h"
#include "http/visible_text.h"

namespace switchboard::server {
namespace {

webhook::Control control_of(const api::ControlWebhook& wanted) {
  using Wanted = api::ControlWebhook::Action;
  using Action = webhook::Control::Action;
  const Action action = wanted.action == Wanted::kPause    ? Action::kPause
                        : wanted.action == Wanted::kResume ? Action::kResume
                        : wanted.action == Wanted::kReplay ? Action::kReplay
                                                           : Action::kTest;
  return {.endpoint = wanted.name, .action = action, .since = wanted.since};
}

std::expected<std::string, api::Problem> outcome_of(const webhook::ControlResult& result, const std::string& name) {
  if (!result) {
    api::Problem problem = api::problem_of(protocol::ErrorCode::kUnavailable);
    problem.detail = "the queue of webhooks cannot be written: see the server's log";
    return std::unexpected(problem);
  }
  if (!*result) {
    constexpr std::size_t kShownBytesMax = 64;
    return std::unexpected(api::Problem{.status = 404,
                                        .code = "not_found",
                                        .detail = "there is no webhook " + http::visible_text(name, kShownBytesMax)});
  }
  return R"({"events":)" + std::to_string(**result) + "}";
}

}  // namespace

std::string WebhookAnswers::list() const {
  std::string out = R"({"webhooks":[)";
  if (const webhook::Dispatcher* const dispatcher = dispatcher_) {
    for (const webhook::EndpointStatus& status : dispatcher->status())
      out += (out.back() == '[' ? "" : ",") + status_json(status);
  }
  return out + "]}";
}

void WebhookAnswers::control(const api::ControlWebhook& wanted, const shard::ApiAsker& asker) {
  const auto done = [this, asker, name = wanted.name](const webhook::ControlResult& result) {
    shards_->post(asker.shard, [asker, outcome = outcome_of(result, name)](shard::Shard& shard) {
      shard.on_api_done(asker.client, asker.request, outcome);
    });
  };
  webhook::Dispatcher* const dispatcher = dispatcher_;
  if (dispatcher == nullptr) return done(std::nullopt);
  dispatcher->control(control_of(wanted), done);
}

}  // namespace switchboard::server
