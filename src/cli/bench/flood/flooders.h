// The connections of a flood on one epoll loop: dials them, joins their rooms, answers pings, reads and throws away
// what they get, and opens again, a second later, what the server has closed. What they send is said by who derives
// from it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "cli/bench/client_connection.h"
#include "cli/bench/flood/flood.h"
#include "cli/bench/frame_scanner.h"
#include "cli/bench/load_options.h"
#include "net/file_descriptor.h"

namespace switchboard::cli::bench {

struct FlooderSettings {
  std::uint32_t clients;
  bool share_room;        // all are members of one room; else each has its own
  ws::Encoding encoding;  // offered, and insisted on
};

class Flooders : public Flood {
 public:
  std::expected<void, std::string> begin(Progress& progress) final;
  void turn(std::int64_t until_ns) final;
  void end() final;
  FloodCounts counts() const final { return counts_; }

 protected:
  /// `endpoint` must outlive it.
  Flooders(const FlooderSettings& settings, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s);

  /// Once a turn while the flood goes on: sends what can be sent. True when there is more to do at once.
  virtual bool press_on(std::int64_t now_ns) = 0;
  virtual void on_joined([[maybe_unused]] std::uint32_t index) {}
  /// A message that is neither the answer to the join nor an error.
  virtual void on_push([[maybe_unused]] std::uint32_t index, [[maybe_unused]] std::string_view push) {}
  virtual void on_writable([[maybe_unused]] std::uint32_t index) {}
  /// It had joined and is gone, for now.
  virtual void on_lost([[maybe_unused]] std::uint32_t index) {}

  std::int64_t now_ns() const { return clock_.now().time_since_epoch().count(); }
  std::uint32_t size() const { return settings_.clients; }
  bool is_joined(std::uint32_t index) const { return flooders_[index].connection.phase == Phase::kJoined; }
  ClientConnection& connection(std::uint32_t index) { return flooders_[index].connection; }
  std::string room_of(std::uint32_t index) const;
  void flush(std::uint32_t index);
  void lose(std::uint32_t index);
  Random& random() { return random_; }
  FloodCounts& count() { return counts_; }

 private:
  struct Flooder {
    ClientConnection connection;
    std::int64_t returns_ns = INT64_MAX;  // when it is dialled again
  };

  void dial(std::uint32_t index);
  void dial_returning(std::int64_t now_ns);
  void wait_for_events(std::int64_t until_ns);
  void handle(std::uint32_t index, std::uint32_t events);
  void finish_connect(std::uint32_t index);
  void read(std::uint32_t index);
  std::size_t consume_upgrade(std::uint32_t index, std::string_view bytes);
  bool consume_frame(std::uint32_t index, const ScannedFrame& frame);
  void consume_text(std::uint32_t index, std::string_view push);
  void fail(std::uint32_t index, const std::string& why);

  FlooderSettings settings_;
  const Endpoint& endpoint_;
  std::vector<std::uint32_t> source_ipv4s_;
  TlsClientContext tls_;
  SystemClock clock_;
  Random random_;
  std::string tag_;
  net::FileDescriptor poller_;
  std::vector<Flooder> flooders_;
  std::vector<char> buffer_;

  std::uint32_t joined_ = 0;  // at this moment
  std::uint32_t open_ = 0;    // dialled and not closed
  std::uint32_t away_ = 0;    // those that return
  bool has_begun_ = false;    // everybody has joined once: who is closed from now on returns
  bool is_ending_ = false;
  bool is_busy_ = false;  // the last turn has left something to do at once
  std::string failure_;
  FloodCounts counts_;
};

}  // namespace switchboard::cli::bench
