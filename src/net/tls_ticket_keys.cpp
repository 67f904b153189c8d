#include "net/tls_ticket_keys.h"

#include <algorithm>
#include <cerrno>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string_view>
#include <system_error>

namespace switchboard::net {
namespace {

using Hash = std::array<std::uint8_t, 32>;

Hash derive(const Hash& secret, std::string_view purpose) {
  Hash out;
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(), out.data(), &length);
  return out;
}

}  // namespace

TlsTicketKeys::TlsTicketKeys(std::span<const std::uint8_t, 32> secret, Instant now) : next_(now + kPeriod) {
  std::ranges::copy(secret, secret_.begin());
  step();
  previous_ = current_;  // there is none before the first
}

TlsTicketKeys TlsTicketKeys::random(Instant now) {
  Hash secret;
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    throw std::system_error(EIO, std::generic_category(), "no random bytes for TLS session tickets");
  }
  TlsTicketKeys keys(secret, now);
  OPENSSL_cleanse(secret.data(), secret.size());
  return keys;
}

TlsTicketKeys::~TlsTicketKeys() {
  OPENSSL_cleanse(secret_.data(), secret_.size());
  OPENSSL_cleanse(&current_, sizeof current_);
  OPENSSL_cleanse(&previous_, sizeof previous_);
}

void TlsTicketKeys::step() {
  previous_ = current_;
  const Hash name = derive(secret_, "name");
  std::copy_n(name.begin(), current_.name.size(), current_.name.begin());
  current_.cipher = derive(secret_, "cipher");
  current_.mac = derive(secret_, "mac");
  secret_ = derive(secret_, "next");
}

void TlsTicketKeys::advance(Instant now) {
  for (; now >= next_; next_ += kPeriod)
    step();
}

const TlsTicketKey& TlsTicketKeys::current(Instant now) {
  advance(now);
  return current_;
}

const TlsTicketKey* TlsTicketKeys::find(std::span<const std::uint8_t, 16> name, Instant now) {
  advance(now);
  if (std::ranges::equal(name, current_.name)) return &current_;
  if (std::ranges::equal(name, previous_.name)) return &previous_;
  return nullptr;
}

}  // namespace switchboard::net
