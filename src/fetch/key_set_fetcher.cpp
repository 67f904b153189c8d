#include "fetch/key_set_fetcher.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "fetch/key_url.h"

namespace switchboard::fetch {
namespace {

GetSettings bounded(GetSettings settings) {
  settings.body_bytes_max = std::min(settings.body_bytes_max, auth::kJwkSetBytesMax);
  return settings;
}

/// An error page is what comes most often when a key set does not.
std::string said_of(const std::string& problem, std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_markup = first != std::string_view::npos && text[first] == '<';
  return is_markup ? "answered with a page (HTML or XML) instead of a JWK Set" : "answered with what " + problem;
}

}  // namespace

KeySetFetcher::KeySetFetcher(std::string url, ScheduleSettings schedule, GetSettings get, const Clock& clock,
                             KeySetEvents& events)
    : url_(std::move(url)),
      clock_(clock),
      events_(events),
      getter_(bounded(std::move(get))),
      schedule_(schedule, clock.now()) {
  SB_ASSERT(problem_with_key_url(url_, PlainHttp::kAnywhere).empty());
  thread_ = std::thread([this] { run(); });
}

KeySetFetcher::~KeySetFetcher() {
  getter_.stop();
  thread_.join();
}

void KeySetFetcher::request_refetch() {
  // Until the thread has taken the wish back there is nothing to add to it.
  if (!is_wished_.exchange(true, std::memory_order_acq_rel)) getter_.wake();
}

KeySetStatus KeySetFetcher::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void KeySetFetcher::run() {
  while (!getter_.is_stopped()) {
    if (is_wished_.load(std::memory_order_acquire)) schedule_.on_wish();
    const Instant now = clock_.now();
    if (now < schedule_.due()) {
      getter_.wait(schedule_.due() - now);
      continue;
    }
    // A wish that comes while the answer is on its way may be for a key that it does not have yet: it counts anew.
    is_wished_.store(false, std::memory_order_release);
    fetch();
  }
}

void KeySetFetcher::fetch() {
  auto text = getter_.get(url_);
  if (getter_.is_stopped()) return;
  if (!text) return fail(text.error());
  auto set = auth::read_jwk_set(*text);
  if (!set) return fail(said_of(set.error(), *text));
  take(std::move(*set), std::move(*text));
}

void KeySetFetcher::take(auth::JwkSet set, std::string text) {
  schedule_.on_fetched(clock_.now());
  bool has_recovered = false;
  {
    const std::lock_guard lock(mutex_);
    has_recovered = !status_.problem.empty();
    status_ = {.fetched_at = clock_.unix_ms(), .keys = set.keys.size(), .problem = {}};
  }
  if (has_recovered) events_.on_fetch_recovered();
  if (text == text_) return;
  text_ = std::move(text);
  events_.on_key_set(std::move(set));
}

void KeySetFetcher::fail(const std::string& problem) {
  schedule_.on_failed(clock_.now());
  {
    const std::lock_guard lock(mutex_);
    status_.problem = problem;
  }
  events_.on_fetch_failed(problem);
}

}  // namespace switchboard::fetch
