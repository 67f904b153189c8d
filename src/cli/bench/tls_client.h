// The client's end of TLS for the load generator: it trusts any certificate, because it measures and carries nothing
// secret. One context for all connections of a run, one TlsClient for each of them.
#pragma once

#include <cstdint>
#include <memory>
#include <openssl/ssl.h>
#include <span>
#include <string_view>
#include <sys/types.h>

namespace switchboard::cli::bench {

/// kLatest: every connection uses the latest session the server gave.
enum class Resumption : std::uint8_t { kNone, kLatest };

class TlsClientContext {
 public:
  /// Throws std::bad_alloc.
  explicit TlsClientContext(Resumption resumption);
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;

 private:
  friend class TlsClient;
  struct Free {
    void operator()(SSL_CTX* context) const;
    void operator()(SSL_SESSION* session) const;
  };
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL_SESSION, Free> session_;
  Resumption resumption_;
};

/// Over a connected or connecting non-blocking socket, which must outlive it. Reading and writing do the handshake,
/// too.
class TlsClient {
 public:
  TlsClient(TlsClientContext& context, int fd);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// As recv(2) and send(2) on a non-blocking socket: -1 with errno EAGAIN when nothing can be moved now. Less than was
  /// asked for means that the socket has no more.
  ssize_t read(std::span<char> into);
  ssize_t write(std::string_view bytes);

  /// Sends a KeyUpdate that asks for one in return (RFC 8446 section 4.6.3). 1 when it was handed over; -1 with errno
  /// EAGAIN when it is to be tried again, another errno when the connection is broken or does not speak TLS 1.3.
  ssize_t update_key();

 private:
  ssize_t fail(int result);
  SSL* ssl_;
  bool is_updating_ = false;  // a KeyUpdate is made, but not handed over
};

}  // namespace switchboard::cli::bench
