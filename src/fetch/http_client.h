// HTTP requests, several at once, each within bounds of size and time, over libcurl: to servers that may hang, lie, or
// be somebody else's by now. It knows nothing of what is in them. The only file that knows libcurl is http_client.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"

namespace switchboard::fetch {

/// Which addresses a request may go to. Looked at for each connection that is made, after its host's name was looked
/// up: a name can be made to mean anything.
enum class Reach : std::uint8_t {
  kAnywhere,
  kPublicOnly,  // not this machine nor its networks: loopback, private, link-local and the like
};

/// Whether connections are kept for further requests to the same server.
enum class KeepAlive : std::uint8_t { kNo, kYes };

struct HttpRequest {
  std::string url;                              // http or https
  std::vector<std::string> headers;             // "Name: value", besides those that libcurl writes itself
  std::optional<std::string> body;              // POST; none: GET
  Duration timeout = std::chrono::seconds(10);  // for everything, from looking its host up to the last byte
  std::size_t body_bytes_max = 256 * 1024;      // of the answer
  std::string ca_file = {};                     // PEM, in the place of the system's certificates; "": those
  Reach reach = Reach::kAnywhere;
  KeepAlive keep_alive = KeepAlive::kNo;
};

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::optional<Duration> retry_after;  // the field Retry-After, in seconds or as a date (RFC 9110 section 10.2.3)
};

/// The error says what went wrong, as behind the URL, which it does not hold: "did not answer whole within 10 s".
using HttpOutcome = std::expected<HttpAnswer, std::string>;

/// No redirect is followed, no proxy of the environment is asked, no compression is offered. Owned and used by one
/// thread; `stop` and `wake` may be called by any, as long as it lives. The process must ignore SIGPIPE: OpenSSL,
/// inside libcurl, writes to sockets that their peers have closed.
class HttpClient {
 public:
  static constexpr std::size_t kHeadBytesMax = 64 * 1024;

  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Begins it. Ends in `take_done`, within its timeout. `ticket`: of none that is under way.
  void start(std::uint64_t ticket, HttpRequest request);
  /// Ends one that is under way, if it is: nothing is told of it any more.
  void cancel(std::uint64_t ticket);
  std::size_t under_way() const { return transfers_.size(); }
  /// Works at what is under way, until something is done, at `wake` or `stop`, but no longer than that; perhaps
  /// shorter.
  void run(Duration at_most);
  /// What has come to an end, in that order.
  std::optional<std::pair<std::uint64_t, HttpOutcome>> take_done();

  void wake();
  /// `run` returns at once from now on.
  void stop();
  bool is_stopped() const { return is_stopped_.load(std::memory_order_acquire); }

 private:
  struct Transfer;
  struct FreeMulti {
    void operator()(void* multi) const;
  };

  void end(std::uint64_t ticket, HttpOutcome outcome);

  std::unique_ptr<void, FreeMulti> multi_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Transfer>> transfers_;
  std::deque<std::pair<std::uint64_t, HttpOutcome>> done_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace switchboard::fetch
