// One request to the ops port and its answer, over one transport. It bounds what a peer can make it hold; when it has
// taken too long is for its owner to ask. Knows nothing of what is asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "http/request.h"
#include "net/transport.h"

namespace switchboard::server {

class OpsConnection {
 public:
  static constexpr std::size_t kHeadBytesMax = 8'192;
  /// From the accept to the end, whatever the peer does.
  static constexpr Duration kTimeMax = std::chrono::seconds(5);
  /// Behind the request a peer may send so much, unread by anybody, before it is cut off.
  static constexpr std::size_t kIgnoredBytesMax = 65'536;

  OpsConnection(std::unique_ptr<net::Transport> transport, Instant now);

  /// Makes the whole response.
  using Answer = std::function<std::string(const http::Request&)>;
  using Refuse = std::function<std::string(const http::RequestError&)>;

  /// Edge-triggered: reads all there is, and writes the answer once the request is complete.
  void on_readable(const Answer& answer, const Refuse& refuse);
  void on_writable() { write(); }

  /// Only destruction is left.
  bool is_over() const { return is_over_; }
  bool is_late(Instant now) const { return now >= deadline_; }

 private:
  void take(std::string_view bytes, const Answer& answer, const Refuse& refuse);
  void write();

  std::unique_ptr<net::Transport> transport_;
  http::RequestParser request_{kHeadBytesMax};
  std::string response_;  // empty: not made yet
  std::size_t written_ = 0;
  std::size_t ignored_ = 0;
  Instant deadline_;
  bool peer_finished_ = false;
  bool finished_ = false;
  bool is_over_ = false;
};

}  // namespace switchboard::server
