#include "hook/caller.h"

#include <utility>
#include <vector>

#include "base/random.h"
#include "hook/answer.h"

namespace switchboard::hook {
namespace {

constexpr std::size_t kIdLength = 10;
constexpr std::size_t kAnswerBytesAround = 64 * 1024;  // besides a content: permissions, info
constexpr std::chrono::seconds kTurn(60);              // `ask` wakes it
constexpr Duration kComplaintInterval = std::chrono::seconds(10);

}  // namespace

HookCaller::HookCaller(Tell tell, const Clock& clock, log::Log& log)
    : tell_(std::move(tell)),
      clock_(clock),
      log_(log),
      id_prefix_("hook_" + Random(kernel_random()).token(kIdLength) + "_"),
      thread_([this] { run(); }) {}

HookCaller::~HookCaller() {
  stop();
}

void HookCaller::stop() {
  client_.stop();
  if (thread_.joinable()) thread_.join();
}

void HookCaller::use(const HookSettings& settings, std::size_t content_bytes_max) {
  is_allowed_when_down_ = settings.when_down == WhenDown::kAllow;
  {
    const std::scoped_lock lock(mutex_);
    wanted_ = {settings, content_bytes_max};
  }
  client_.wake();
}

void HookCaller::ask(std::string body, const shard::ApiAsker& asker) {
  bool has_room = true, is_first = false;
  {
    const std::scoped_lock lock(mutex_);
    has_room = question_bytes_ + body.size() <= kQueueBytesMax;
    if (has_room) {
      is_first = questions_.empty();
      question_bytes_ += body.size();
      questions_.push_back({.body = std::move(body), .asker = asker, .asked_at = clock_.now()});
    }
  }
  if (!has_room) return tell_down(asker);
  if (is_first) client_.wake();  // later ones find it awake, or waiting for room
}

// --- the thread ----------------------------------------------------------------------------------------------------

void HookCaller::run() {
  while (!client_.is_stopped()) {
    take_settings();
    start_those_that_may();
    client_.run(kTurn);
    take_outcomes();
  }
}

void HookCaller::take_settings() {
  std::optional<std::pair<HookSettings, std::size_t>> wanted;
  {
    const std::scoped_lock lock(mutex_);
    wanted.swap(wanted_);
  }
  if (!wanted) return;
  settings_ = std::move(wanted->first);
  content_bytes_max_ = wanted->second;
  signer_ = std::make_unique<webhook::Signer>(std::vector<std::string>{settings_.secret});
  breaker_ = {};
}

void HookCaller::start_those_that_may() {
  const Instant now = clock_.now();
  while (askers_.size() < settings_.concurrency_max) {
    std::optional<Question> question;
    {
      const std::scoped_lock lock(mutex_);
      if (questions_.empty()) return;
      question = std::move(questions_.front());
      questions_.pop_front();
      question_bytes_ -= question->body.size();
    }
    start(std::move(*question), now);
  }
}

void HookCaller::start(Question question, Instant now) {
  if (now - question.asked_at > std::chrono::milliseconds(settings_.timeout_ms)) {
    return fail(question.asker, "has so many questions under way that this one has waited for too long");
  }
  if (signer_ == nullptr || !breaker_.may_ask(now)) return tell_down(question.asker);
  const std::uint64_t ticket = ++last_ticket_;
  const std::string id = id_prefix_ + std::to_string(ticket);
  const std::int64_t now_s = clock_.unix_ms() / 1'000;
  std::string signature = signer_->sign(id, now_s, question.body);
  askers_.emplace(ticket, question.asker);
  client_.start(
      ticket, {.url = settings_.url,
               .headers = {"Content-Type: application/json", "Accept: application/json", "webhook-id: " + id,
                           "webhook-timestamp: " + std::to_string(now_s), "webhook-signature: " + std::move(signature)},
               .body = std::move(question.body),
               .timeout = std::chrono::milliseconds(settings_.timeout_ms),
               .body_bytes_max = content_bytes_max_ + kAnswerBytesAround,
               .ca_file = settings_.ca_file,
               .keep_alive = fetch::KeepAlive::kYes});
}

void HookCaller::take_outcomes() {
  while (const auto done = client_.take_done()) {
    const auto asker = askers_.extract(done->first);
    finish(asker.mapped(), done->second);
  }
}

void HookCaller::finish(const shard::ApiAsker& asker, const fetch::HttpOutcome& outcome) {
  if (!outcome) return fail(asker, outcome.error());
  session::HookAnswer answer{.is_allowed = outcome->status == 204};
  if (outcome->status == 200) {
    auto read = read_answer(outcome->body, content_bytes_max_);
    if (!read) {
      // It was there, and may have meant no, or another content: nobody is let through for that.
      note_failure("answered with what " + read.error());
      return tell_(asker, {.is_allowed = false, .is_down = true});
    }
    answer = std::move(*read);
  } else if (outcome->status == 401 || outcome->status == 403) {
    answer.reason = "the back end does not allow it";
  } else if (outcome->status != 204) {
    return fail(asker, "answered with status " + std::to_string(outcome->status));
  }
  breaker_.on_success();
  if (std::exchange(is_left_alone_, false)) log_.info("the back end answers hooks again");
  tell_(asker, std::move(answer));
}

/// Said at once, and then now and then: one that fails now and again must not fill the log.
void HookCaller::note_failure(const std::string& problem) {
  const Instant now = clock_.now();
  ++failures_;
  if (now >= next_complaint_) {
    log_.warn("the back end does not answer a hook as it should", {{"problem", problem}, {"failures", failures_}});
    failures_ = 0;
    next_complaint_ = now + kComplaintInterval;
  }
  if (breaker_.on_failure(now)) {
    is_left_alone_ = true;
    log_.error("the back end is not asked any more for a while: it has failed too often", {{"problem", problem}});
  }
}

void HookCaller::fail(const shard::ApiAsker& asker, const std::string& problem) {
  note_failure(problem);
  tell_down(asker);
}

void HookCaller::tell_down(const shard::ApiAsker& asker) {
  tell_(asker, {.is_allowed = is_allowed_when_down_, .is_down = true});
}

}  // namespace switchboard::hook
