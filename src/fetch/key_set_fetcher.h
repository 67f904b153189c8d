// Keeps an issuer's key set fresh: a thread of its own fetches it and hands on what changed. What cannot be fetched
// leaves the set that is there in force, and is told.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "auth/key_set.h"
#include "base/time.h"
#include "fetch/fetch_schedule.h"
#include "fetch/http_getter.h"

namespace switchboard::fetch {

/// All are called on the fetcher's thread, one at a time, and may block it.
class KeySetEvents {
 public:
  /// The first set, and each that is not, byte by byte, the one before. It has one key at least.
  virtual void on_key_set(auth::JwkSet set) = 0;
  /// A sentence without the URL: "did not answer whole within 10 s". With each attempt.
  virtual void on_fetch_failed(const std::string& problem) = 0;
  /// It was there again, behind one or more failures.
  virtual void on_fetch_recovered() = 0;

 protected:
  ~KeySetEvents() = default;
};

struct KeySetStatus {
  std::optional<UnixMillis> fetched_at;  // none: not one set yet
  std::size_t keys = 0;                  // of the set in force
  std::string problem;                   // with the last attempt; "": it was good
};

class KeySetFetcher {
 public:
  /// Begins at once. `url`: see problem_with_key_url. `clock` and `events` must outlive it.
  KeySetFetcher(std::string url, ScheduleSettings schedule, GetSettings get, const Clock& clock, KeySetEvents& events);
  /// Does not wait for what is under way. No event comes behind it.
  ~KeySetFetcher();
  KeySetFetcher(const KeySetFetcher&) = delete;
  KeySetFetcher& operator=(const KeySetFetcher&) = delete;

  /// A token names a key that is not known. Any thread, as often as it likes: one atomic exchange, and one write to a
  /// socket per fetch.
  void request_refetch();

  /// Any thread; takes a lock that the fetcher holds for moments.
  KeySetStatus status() const;

 private:
  void run();
  void fetch();
  void take(auth::JwkSet set, std::string text);
  void fail(const std::string& problem);

  const std::string url_;
  const Clock& clock_;
  KeySetEvents& events_;
  HttpGetter getter_;
  std::atomic<bool> is_wished_ = false;

  // The thread's own.
  FetchSchedule schedule_;
  std::string text_;  // of the set in force

  mutable std::mutex mutex_;
  KeySetStatus status_;

  std::thread thread_;  // last: it begins when all others are there
};

}  // namespace switchboard::fetch
