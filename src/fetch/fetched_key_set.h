// One key set by URL as it is in force: what was fetched last, and the log lines about it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/key_set.h"
#include "base/time.h"
#include "fetch/key_set_fetcher.h"
#include "log/log.h"

namespace switchboard::fetch {

struct FetchSettings {
  ScheduleSettings schedule;
  GetSettings get;
};

class FetchedKeySet final : private KeySetEvents {
 public:
  /// Fetching begins at once, on a thread of its own, which calls `on_change` whenever there are other keys. `url`: see
  /// problem_with_key_url. `clock` and `log` must outlive it.
  FetchedKeySet(std::string url, const FetchSettings& settings, const Clock& clock, log::Log& log,
                std::function<void()> on_change);
  ~FetchedKeySet();

  /// Null until the first set is there. Any thread.
  std::shared_ptr<const std::vector<auth::Key>> keys() const;
  /// See KeySetFetcher. Any thread.
  void request_refetch() { fetcher_.request_refetch(); }
  KeySetStatus status() const { return fetcher_.status(); }
  /// The URL as it may be shown: a query can hold a key of somebody's.
  const std::string& shown_url() const { return shown_url_; }

 private:
  void on_key_set(auth::JwkSet set) override;
  void on_fetch_failed(const std::string& problem) override;
  void on_fetch_recovered() override;

  const std::string shown_url_;
  log::Log& log_;
  const std::function<void()> on_change_;

  std::string last_problem_;  // the fetcher's thread's: what was logged last

  mutable std::mutex mutex_;  // held for the copy of a pointer
  std::shared_ptr<const std::vector<auth::Key>> keys_;

  KeySetFetcher fetcher_;  // last: its thread uses all others
};

}  // namespace switchboard::fetch
