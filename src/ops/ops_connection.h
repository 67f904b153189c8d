// One request to the ops port and its answer, over one transport. It bounds what a peer can make it hold and knows how
// long each phase may take; when it is over time, or must give way to others, is for its owner to ask. Knows nothing of
// what is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "http/request.h"
#include "net/transport.h"

namespace switchboard::ops {

class OpsConnection {
 public:
  static constexpr std::size_t kHeadBytesMax = 8'192;
  /// Behind the request a peer may send so much, unread by anybody, before it is cut off.
  static constexpr std::size_t kIgnoredBytesMax = 65'536;

  enum class Phase : std::uint8_t {
    kHead,    // the request is awaited
    kAnswer,  // the answer is not all written yet
    kLinger,  // it is, and the peer may take it and close
  };
  // From the beginning of each phase, whatever the peer does meanwhile.
  static constexpr Duration kHeadTimeMax = std::chrono::seconds(5);
  static constexpr Duration kAnswerTimeMax = std::chrono::seconds(5);
  static constexpr Duration kLingerTimeMax = std::chrono::seconds(1);

  OpsConnection(std::unique_ptr<net::Transport> transport, Instant now);

  /// Makes the whole response.
  using Answer = std::function<std::string(const http::Request&)>;
  using Refuse = std::function<std::string(const http::RequestError&)>;

  /// Edge-triggered: reads all there is, and writes the answer once the request is complete.
  void on_readable(Instant now, const Answer& answer, const Refuse& refuse);
  void on_writable(Instant now) { write(now); }

  /// Only destruction is left.
  bool is_over() const { return is_over_; }
  bool is_late(Instant now) const;
  Phase phase() const { return phase_; }
  /// Whether this one should rather be ended than `other`, if one of them must be: one that has its answer first, then
  /// the one that has been in its phase for longer.
  bool gives_way_before(const OpsConnection& other) const;

 private:
  void take(Instant now, std::string_view bytes, const Answer& answer, const Refuse& refuse);
  void write(Instant now);
  void enter(Phase phase, Instant now);

  std::unique_ptr<net::Transport> transport_;
  http::RequestParser request_{kHeadBytesMax};
  Phase phase_ = Phase::kHead;
  Instant since_;  // when that phase began
  std::string response_;
  std::size_t written_ = 0;
  std::size_t ignored_ = 0;
  bool peer_finished_ = false;
  bool is_over_ = false;
};

}  // namespace switchboard::ops
