// One GET after another, each within bounds of size and time, over libcurl: for small documents from servers that may
// hang, lie, or be somebody else's by now. It knows nothing of what is in them.
#pragma once

#include <atomic>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include "base/time.h"

namespace switchboard::fetch {

struct GetSettings {
  Duration timeout = std::chrono::seconds(10);  // for everything, from looking its host up to the last byte
  std::size_t body_bytes_max = 256 * 1024;
  std::string ca_file;  // PEM, in the place of the system's certificates; "": those
};

/// Owned and used by one thread; `stop` and `wake` may be called by any, as long as it lives. The process must ignore
/// SIGPIPE: OpenSSL, inside libcurl, writes to sockets that their peers have closed.
class HttpGetter {
 public:
  static constexpr std::size_t kHeadBytesMax = 64 * 1024;

  explicit HttpGetter(GetSettings settings);
  ~HttpGetter();
  HttpGetter(const HttpGetter&) = delete;
  HttpGetter& operator=(const HttpGetter&) = delete;

  /// The body of an answer with status 200 and nothing else: no redirect is followed, no proxy of the environment is
  /// asked, no compression is offered. Blocks for `timeout` at most. `url`: http or https. The error says what went
  /// wrong, as behind the URL, which it does not hold.
  std::expected<std::string, std::string> get(const std::string& url);

  /// Returns after that time, at `wake` or at `stop`; perhaps sooner.
  void wait(Duration at_most);

  void wake();
  /// Ends what is under way, and everything to come, at once.
  void stop();
  bool is_stopped() const { return is_stopped_.load(std::memory_order_acquire); }

 private:
  struct Transfer;
  struct FreeMulti {
    void operator()(void* multi) const;
  };

  void run(Transfer& transfer);

  GetSettings settings_;
  std::unique_ptr<void, FreeMulti> multi_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace switchboard::fetch
