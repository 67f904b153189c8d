#include "fetch/fetched_key_set.h"

#include <utility>

namespace switchboard::fetch {

FetchedKeySet::FetchedKeySet(std::string url, const FetchSettings& settings, const Clock& clock, log::Log& log,
                             std::function<void()> on_change)
    : shown_url_(url.substr(0, url.find('?'))),
      log_(log),
      on_change_(std::move(on_change)),
      fetcher_(std::move(url), settings.schedule, settings.get, clock, *this) {}

FetchedKeySet::~FetchedKeySet() = default;

std::shared_ptr<const std::vector<auth::Key>> FetchedKeySet::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void FetchedKeySet::on_key_set(auth::JwkSet set) {
  for (const std::string& left_out : set.left_out)
    log_.warn("key left out", {{"url", shown_url_}, {"problem", left_out}});
  const std::size_t taken = set.keys.size();
  {
    const std::lock_guard lock(mutex_);
    keys_ = std::make_shared<const std::vector<auth::Key>>(std::move(set.keys));
  }
  on_change_();
  log_.info("key set fetched", {{"url", shown_url_}, {"keys", taken}});
}

void FetchedKeySet::on_fetch_failed(const std::string& problem) {
  // It is tried again every half minute: one line for as long as it is the same.
  if (problem == last_problem_) return;
  last_problem_ = problem;
  log_.warn("key set not fetched", {{"url", shown_url_}, {"problem", problem}});
}

void FetchedKeySet::on_fetch_recovered() {
  last_problem_.clear();
  log_.info("key set reachable again", {{"url", shown_url_}});
}

}  // namespace switchboard::fetch
