// A Transport that speaks TLS (RFC 8446, RFC 5246) over a connected non-blocking socket. What is written is sealed at
// once and counts as written: what the kernel does not take of the ciphertext is held here, so that the plaintext's
// memory is never needed again. Idle, it holds no buffers.
#pragma once

#include <memory>
#include <openssl/types.h>

#include "base/byte_queue.h"
#include "net/file_descriptor.h"
#include "net/tls_context.h"
#include "net/tls_stats.h"
#include "net/transport.h"

namespace switchboard::net {

class TlsTransport final : public Transport {
 public:
  /// `stats` must outlive it.
  TlsTransport(FileDescriptor socket, std::shared_ptr<TlsContext> context, TlsStats& stats);
  /// Says close_notify, if the socket takes it (RFC 8446 section 6.1).
  ~TlsTransport() override;

  /// Moves the handshake on, too, until it is finished. Opens a few records without data at the most (kMore); a peer
  /// that sends many more of them than records with data has failed.
  IoResult read(std::span<char> into) override;
  /// A failure while the handshake is under way: nobody could read it.
  IoResult write(std::string_view bytes) override;
  IoResult flush() override;
  void finish_writing() override;
  bool is_opening() const override { return state_ == State::kSilent || state_ == State::kHandshake; }
  StaticText failure() const override { return failure_; }

  /// Bytes of ciphertext that wait for the kernel.
  std::size_t held_bytes() const { return held_.size(); }

 private:
  enum class State : std::uint8_t {
    kSilent,  // no byte has come: there is no TLS state
    kHandshake,
    kOpen,
    kFailed,
  };
  /// What OpenSSL reads from and writes to.
  struct Stream;

  IoStatus begin();
  IoStatus refuse_plain_http();
  void drop_unread();
  IoStatus read_records(std::span<char> into, std::size_t& total);
  IoStatus open_records(std::span<char> into, std::size_t& total);
  bool receive(std::size_t bytes_max);
  bool count_record(bool has_data);
  IoResult fail(StaticText why);
  bool send_sealed();
  void say_goodbye();

  FileDescriptor socket_;
  State state_ = State::kSilent;
  bool emptied_ = false;  // the last receive got less than it asked for
  bool drained_ = false;  // it got nothing
  bool starved_ = false;  // OpenSSL asked for more than there was
  bool ended_ = false;    // the peer's stream is at its end
  bool is_reset_ = false;
  bool said_goodbye_ = false;
  std::uint32_t seal_bytes_;  // of plaintext, before the kernel is asked what it takes
  SSL* ssl_ = nullptr;
  std::uint32_t idle_records_ = 0;  // without data, less those with data since
  std::string_view incoming_;       // during a read: received, and not yet given to OpenSSL
  ByteQueue ahead_;                 // between two reads: what was left of that
  ByteQueue held_;
  std::shared_ptr<TlsContext> context_;
  TlsStats& stats_;
  StaticText failure_ = "the connection was reset";
};

}  // namespace switchboard::net
