// Asks the back end: a thread of its own, with connections that are kept, a bound on how many questions are under way,
// and a circuit breaker.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/time.h"
#include "fetch/http_client.h"
#include "hook/breaker.h"
#include "hook/settings.h"
#include "log/log.h"
#include "session/hook.h"
#include "shard/hook_asker.h"
#include "webhook/signer.h"

namespace switchboard::hook {

class HookCaller final : public shard::HookAsker {
 public:
  /// Bytes of questions that wait to be asked; whoever finds no room is told at once that nobody answers.
  static constexpr std::size_t kQueueBytesMax = 64 * 1024 * 1024;

  /// Who is told. Any thread.
  using Tell = std::function<void(const shard::ApiAsker& asker, session::HookAnswer answer)>;

  /// Begins at once. The references must outlive it.
  HookCaller(Tell tell, const Clock& clock, log::Log& log);
  ~HookCaller();
  HookCaller(const HookCaller&) = delete;
  HookCaller& operator=(const HookCaller&) = delete;

  /// From the next question on. `content_bytes_max`: of what an answer may put in the place of a message. Any thread.
  void use(const HookSettings& settings, std::size_t content_bytes_max);
  void ask(std::string body, const shard::ApiAsker& asker) override;
  /// Nobody is told anything any more.
  void stop();

 private:
  struct Question {
    std::string body;
    shard::ApiAsker asker;
    Instant asked_at;
  };

  void run();
  void take_settings();
  void start_those_that_may();
  void start(Question question, Instant now);
  void take_outcomes();
  void finish(const shard::ApiAsker& asker, const fetch::HttpOutcome& outcome);
  void note_failure(const std::string& problem);
  void fail(const shard::ApiAsker& asker, const std::string& problem);
  void tell_down(const shard::ApiAsker& asker);

  const Tell tell_;
  const Clock& clock_;
  log::Log& log_;
  fetch::HttpClient client_;
  std::atomic<bool> is_allowed_when_down_ = false;

  // The thread's own.
  HookSettings settings_;
  std::size_t content_bytes_max_ = 0;
  std::unique_ptr<webhook::Signer> signer_;
  Breaker breaker_;
  std::uint64_t last_ticket_ = 0;
  std::string id_prefix_;
  std::unordered_map<std::uint64_t, shard::ApiAsker> askers_;  // by ticket
  std::uint64_t failures_ = 0;                                 // since the last line about them
  Instant next_complaint_{};
  bool is_left_alone_ = false;  // said, and not yet taken back

  std::mutex mutex_;
  std::deque<Question> questions_;
  std::size_t question_bytes_ = 0;
  std::optional<std::pair<HookSettings, std::size_t>> wanted_;

  std::thread thread_;  // last: it begins when all others are there
};

}  // namespace switchboard::hook
