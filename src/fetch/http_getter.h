// One GET after another, for small documents: an HttpClient that is asked for one thing at a time.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "base/time.h"
#include "fetch/http_client.h"

namespace switchboard::fetch {

struct GetSettings {
  Duration timeout = std::chrono::seconds(10);  // for everything, from looking its host up to the last byte
  std::size_t body_bytes_max = 256 * 1024;
  std::string ca_file;  // PEM, in the place of the system's certificates; "": those
};

/// Owned and used by one thread; `stop` and `wake` may be called by any, as long as it lives.
class HttpGetter {
 public:
  static constexpr std::size_t kHeadBytesMax = HttpClient::kHeadBytesMax;

  explicit HttpGetter(GetSettings settings) : settings_(std::move(settings)) {}

  /// The body of an answer with status 200 and nothing else; see HttpClient. Blocks for `timeout` at most. `url`: http
  /// or https. The error says what went wrong, as behind the URL, which it does not hold.
  std::expected<std::string, std::string> get(const std::string& url);

  /// Returns after that time, at `wake` or at `stop`; perhaps sooner.
  void wait(Duration at_most) { client_.run(at_most); }

  void wake() { client_.wake(); }
  /// Ends what is under way, and everything to come, at once.
  void stop() { client_.stop(); }
  bool is_stopped() const { return client_.is_stopped(); }

 private:
  GetSettings settings_;
  HttpClient client_;
};

}  // namespace switchboard::fetch
