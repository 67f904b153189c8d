// All connections of a run on one epoll loop: dials them, joins their rooms, reads what they get into the ledger,
// answers pings, publishes. Knows nothing of phases or rates: whoever runs it says when to publish.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "cli/bench/client_connection.h"
#include "cli/bench/deflate_reader.h"
#include "cli/bench/frame_scanner.h"
#include "cli/bench/ledger.h"
#include "cli/bench/load_options.h"
#include "cli/bench/message_stamp.h"
#include "cli/bench/population.h"
#include "cli/bench/progress.h"
#include "net/file_descriptor.h"

namespace switchboard::cli::bench {

class Crowd {
 public:
  Crowd(const LoadOptions& options, const Endpoint& endpoint, std::vector<std::uint32_t> source_ipv4s);

  /// Connects and joins everybody; returns when the last one is in. The error says which connection failed and why.
  std::expected<void, std::string> join_everybody(Progress& progress);

  /// Waits for events until `until_ns` at most and handles at most one batch of them.
  void turn(std::int64_t until_ns);

  /// Enters a message of `connection` in the ledger and queues it; `flush_publishers` sends what is queued. Messages of
  /// a connection that is gone, or past kMessagesMax, are left out.
  void publish(std::uint32_t connection, std::int64_t scheduled_ns, Period period);
  void flush_publishers();

  /// Says goodbye to the server with a Close frame on every connection, and returns when all of them are closed or a
  /// few seconds are over. What comes meanwhile is in nobody's account that was read before.
  void leave();

  /// Every publisher keeps this many of its own messages in flight from here on; 0 ends it.
  void set_window(std::uint32_t window, Period period);

  /// Whose time is counted from here on; must outlive its use. The system's at first.
  void use_clock(const Clock& clock) { clock_ = &clock; }
  std::int64_t now_ns() const { return clock_->now().time_since_epoch().count(); }
  std::int64_t last_delivery_ns() const { return last_delivery_ns_; }
  std::uint32_t joined() const { return joined_; }
  const Ledger& ledger() const { return ledger_; }
  const Population& population() const { return population_; }
  const std::map<std::uint16_t, std::uint32_t>& closed() const { return closed_; }
  /// Of messages of the run: bytes of their frames, and how many of them were compressed.
  std::uint64_t frame_bytes() const { return frame_bytes_; }
  std::uint64_t deflated() const { return deflated_; }
  const std::string& first_stranger() const { return first_stranger_; }

 private:
  void watch(int poller, std::uint32_t index, int fd);
  void dial_next();
  void handle_batch(int poller, std::int64_t until_ns);
  void handle(std::uint32_t index, std::uint32_t events);
  void finish_connect(std::uint32_t index);
  void read(std::uint32_t index, bool has_ended);
  std::size_t consume(std::uint32_t index, std::string_view bytes, std::int64_t now_ns);
  std::size_t consume_upgrade(std::uint32_t index, std::string_view bytes);
  /// Anything but a push to somebody who has joined. False when the connection is gone.
  bool consume_frame(std::uint32_t index, const ScannedFrame& frame);
  void consume_joined(std::uint32_t index, std::string_view push);
  void consume_stranger(std::string_view push);
  /// The push in a compressed frame, checked to carry the content of a message of this run; "" when it does not.
  std::string_view inflate(std::string_view payload);
  void append_content(std::string& out, std::uint32_t number) const;
  void top_up(std::uint32_t index, std::int64_t now_ns);
  void lose(std::uint32_t index);
  void fail(std::uint32_t index, std::string_view why);

  const LoadOptions& options_;
  const Endpoint& endpoint_;
  TlsClientContext tls_;
  std::vector<std::uint32_t> source_ipv4s_;
  SystemClock system_clock_;
  const Clock* clock_ = &system_clock_;
  Random random_;
  std::string tag_;
  MessageStamp stamp_;
  Population population_;
  Ledger ledger_;
  std::vector<ClientConnection> connections_;

  net::FileDescriptor poller_;
  // Bystanders have an epoll set of their own, asked before every batch of the others: the load generator's own queue
  // must not be taken for the server's delay.
  net::FileDescriptor bystander_poller_;
  std::vector<char> buffer_;
  DeflateReader deflate_reader_;
  std::uint64_t frame_bytes_ = 0;
  std::uint64_t deflated_ = 0;

  std::uint32_t dialled_ = 0;
  std::uint32_t joined_ = 0;
  std::uint32_t closing_ = 0;  // those that have said goodbye and are not closed
  std::string failure_;

  std::uint32_t window_ = 0;
  Period window_period_ = Period::kWarmUp;
  std::vector<std::uint32_t> unflushed_;
  std::string command_;
  std::int64_t last_delivery_ns_ = 0;
  std::map<std::uint16_t, std::uint32_t> closed_;
  std::string first_stranger_;
};

}  // namespace switchboard::cli::bench
