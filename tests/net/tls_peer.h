// The other end of a TlsTransport, for tests: a client whose bytes move only when told to, and certificates made on the
// spot.
#pragma once

#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <vector>

#include "net/file_descriptor.h"
#include "net/tls_transport.h"
#include "net/transport.h"

namespace switchboard::net {

struct CertificateWish {
  std::vector<std::string> names = {"localhost"};
  bool is_rsa = false;
  int days = 30;              // from yesterday on; negative: expired
  std::string password = "";  // of the key's file
};

/// PEM files in a directory of their own, gone with it.
class CertificateFiles {
 public:
  CertificateFiles();
  ~CertificateFiles();
  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;

  /// A self-signed certificate and its key: the entry "CHAIN:KEY".
  std::string make(const CertificateWish& wish = {});
  std::string write(std::string_view name, std::string_view text);
  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }

 private:
  std::string directory_;
  int made_ = 0;
};

inline std::string chain_of(const std::string& entry) {
  return entry.substr(0, entry.find(':'));
}
inline std::string key_of(const std::string& entry) {
  return entry.substr(entry.find(':') + 1);
}

struct PeerWish {
  std::string host = {};         // SNI; "": none
  std::string alpn = {};         // one protocol; "": none is offered
  int version = 0;               // TLS1_2_VERSION, ...; 0: any
  std::string certificate = {};  // of its own: "CHAIN:KEY"
  std::string ciphers = "";      // for TLS 1.2
  SSL_SESSION* session = nullptr;
};

class TlsPeer {
 public:
  TlsPeer(FileDescriptor socket, const PeerWish& wish = {});
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  /// Goes on with the handshake as far as received bytes allow.
  bool shake();
  /// Moves at most so many bytes to, or from, the socket. How many it were.
  std::size_t push(std::size_t bytes_max = SIZE_MAX);
  std::size_t pull(std::size_t bytes_max = SIZE_MAX);

  /// Lets both ends talk until nothing moves any more. True when both have finished the handshake.
  bool shake_with(TlsTransport& server, std::size_t bytes_per_step = SIZE_MAX);

  void write(std::string_view text);
  /// All that can be deciphered of what was pulled.
  std::string read();
  bool has_ended() const { return ended_; }  // close_notify came
  int shut_down() { return SSL_shutdown(ssl_); }

  SSL* ssl() { return ssl_; }
  std::string served_name();
  SSL_SESSION* take_session();
  void close() { socket_.reset(); }
  int fd() const { return socket_.get(); }

 private:
  FileDescriptor socket_;
  SSL_CTX* context_;
  SSL* ssl_;
  SSL_SESSION* session_ = nullptr;
  BIO* in_;
  BIO* out_;
  bool ended_ = false;
};

}  // namespace switchboard::net
