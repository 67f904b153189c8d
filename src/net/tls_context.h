// What all TLS connections of one shard have in common: certificates by host name, protocol versions, ticket keys. One
// per shard and generation of settings: OpenSSL locks inside a context that threads share. Made on any thread, then
// used by its shard's alone.
#pragma once

#include <expected>
#include <memory>
#include <openssl/types.h>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "net/tls_settings.h"
#include "net/tls_ticket_keys.h"

namespace switchboard::net {

class TlsContext {
 public:
  /// Reads every file. `keys`: the same for all shards and over reloads, or sessions cannot be resumed. The clock must
  /// outlive it. Blocks on the disk. The error is a sentence that names the file and what is wrong with it.
  static std::expected<std::shared_ptr<TlsContext>, std::string> create(const TlsSettings& settings,
                                                                        const TlsTicketKeys& keys, const Clock& clock);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  /// What an operator should hear of these certificates at `unix_s`, one sentence each.
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// For a new connection: the default certificate, until its client names a host.
  SSL_CTX* default_context() const { return certificates_.front().get(); }
  /// By exact name, else by wildcard, else the default. Letters' case does not matter.
  SSL_CTX* context_of(std::string_view host) const;
  TlsTicketKeys& ticket_keys() { return ticket_keys_; }
  Instant now() const { return clock_.now(); }
  UnixMillis unix_ms() const { return clock_.unix_ms(); }
  /// What one read of a connection receives, to be opened record by record: only during that read.
  std::span<char> incoming() { return incoming_; }
  /// Where records are sealed before they go to the kernel; empty between calls.
  std::string& sealed() { return sealed_; }
  /// A BIO that appends to `sealed()`: one for all connections, so that it stays in the cache.
  BIO* sealer() { return sealer_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
    void operator()(BIO* bio) const;
  };
  using Context = std::unique_ptr<SSL_CTX, Free>;
  static constexpr std::size_t kIncomingBytes = 20'480;  // the largest record (RFC 8446 section 5.2), and some more

  TlsContext(const TlsTicketKeys& keys, const Clock& clock);
  std::expected<void, std::string> add(const std::string& entry, const TlsSettings& settings, std::int64_t unix_s);
  std::expected<Context, std::string> make_context(const TlsSettings& settings);

  const Clock& clock_;
  TlsTicketKeys ticket_keys_;
  std::vector<Context> certificates_;                     // two keys for one set of names share a context
  std::vector<std::vector<std::string>> names_;           // of each of them, sorted
  std::unordered_map<std::string, std::size_t> by_name_;  // names and wildcards
  std::vector<std::string> warnings_;
  std::vector<char> incoming_ = std::vector<char>(kIncomingBytes);
  std::string sealed_;
  std::unique_ptr<BIO, Free> sealer_;
};

}  // namespace switchboard::net
