// One client's socket: dials, sends masked frames, and keeps what the kernel would not take and the front half of a
// frame that has not come whole. Knows nothing of rooms' content or of what is measured.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "cli/bench/ledger.h"
#include "cli/bench/load_options.h"
#include "cli/bench/population.h"
#include "cli/bench/tls_client.h"
#include "net/file_descriptor.h"
#include "ws/opcode.h"

namespace switchboard::cli::bench {

constexpr std::size_t kReadBytes = 256 * 1024;            // at once
constexpr std::int64_t kJoinPatienceNs = 30'000'000'000;  // without a single join

enum class Phase : std::uint8_t { kUnopened, kConnecting, kUpgrading, kJoining, kJoined, kClosing, kClosed };

struct SocketOptions {
  std::uint32_t source_ipv4 = 0;           // host byte order; 0: the kernel's choice
  std::uint32_t receive_buffer_bytes = 0;  // 0: the kernel's choice
};

class ClientConnection {
 public:
  explicit ClientConnection(Seat seat) : place{seat.room, 0}, role(seat.role) {}

  /// Begins a non-blocking connect. The error is a sentence.
  std::expected<void, std::string> dial(const Endpoint& endpoint, const SocketOptions& options);

  /// Asks for the upgrade (RFC 6455 section 4.1). The key is the RFC's own example: it need not be secret, and its
  /// answer is known.
  /// `offered`: deflated offers permessage-deflate, too, every message by itself (RFC 7692 section 7.1.1).
  /// `token`: shown as RFC 6750 has it; "" for none.
  void send_upgrade(const Endpoint& endpoint, ws::Encoding offered, std::string_view token);
  /// Takes the response from the front of `bytes`: its length, or 0 when it has not come whole. The error is a
  /// sentence: the upgrade is refused, or, if the server is to compress (`wanted`), it does not.
  static std::expected<std::size_t, std::string> take_upgrade(std::string_view bytes, ws::Encoding wanted);
  /// The code in a Close frame's payload; 0 when there is none.
  static std::uint16_t close_code_in(std::string_view payload);

  /// Queues a masked frame (section 5.3); `flush` hands it to the kernel.
  void append_frame(ws::Opcode opcode, std::string_view payload, Random& random);
  /// Queues bytes that are whole frames already.
  void append_bytes(std::string_view frames) { unsent_.append(frames); }
  /// Writes what the kernel takes now. False when the socket is broken.
  bool flush();
  bool has_unsent() const { return !unsent_.empty(); }

  /// Speaks TLS from here on. `context` must outlive the connection.
  void use_tls(TlsClientContext& context) { tls_ = std::make_unique<TlsClient>(context, fd()); }
  /// Asks for new keys: see TlsClient::update_key. Only after use_tls.
  ssize_t update_key() { return tls_->update_key(); }
  /// As recv(2).
  ssize_t receive(std::span<char> into);

  int fd() const { return socket_.get(); }
  void close() {
    tls_.reset();
    socket_.reset();
    phase = Phase::kClosed;
    unsent_ = {};
    partial = {};
  }
  /// Closes without waiting for what was sent to arrive.
  void abort();

  Phase phase = Phase::kUnopened;
  Place place;
  Role role;
  std::uint16_t close_code = 0;  // from the server's Close frame; 0 when there was none
  std::uint32_t published = 0;   // its own messages
  std::uint32_t in_flight = 0;   // of those, how many it has not got back
  std::string partial;           // received bytes that are not a whole frame yet

 private:
  net::FileDescriptor socket_;
  std::unique_ptr<TlsClient> tls_;
  std::string unsent_;
};

}  // namespace switchboard::cli::bench
