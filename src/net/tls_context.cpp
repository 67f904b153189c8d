#include "net/tls_context.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <new>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include "net/regular_file.h"
#include "net/tls_certificate.h"

namespace switchboard::net {
namespace {

// Forward secrecy and authenticated encryption only. Where the client has no fast AES, its choice of ChaCha20 goes
// first.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::string_view kProtocol = "http/1.1";

TlsContext& owner_of(SSL* ssl) {
  return *static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

/// Takes everything: OpenSSL never has to write a record again.
const BIO_METHOD* sealer_method() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "switchboard sealer");
    BIO_meth_set_write(made, [](BIO* bio, const char* bytes, int size) {
      static_cast<std::string*>(BIO_get_data(bio))->append(bytes, static_cast<std::size_t>(size));
      return size;
    });
    BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1L : 0L; });
    return made;
  }();
  return kMethod;
}

/// RFC 7301: the list is of length-prefixed names. Whoever speaks only other protocols is told so.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned length, void*) {
  for (unsigned at = 0; at < length; at += 1U + offered[at]) {
    if (offered[at] == kProtocol.size() && at + 1 + kProtocol.size() <= length &&
        std::memcmp(offered + at + 1, kProtocol.data(), kProtocol.size()) == 0) {
      *out = offered + at + 1;
      *out_length = static_cast<unsigned char>(kProtocol.size());
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int choose_certificate(SSL* ssl, int*, void*) {
  const char* host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* context = owner_of(ssl).context_of(host);
  if (context != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

/// 0: no key (a full handshake follows), 1: done, 2: done, and the ticket should be renewed.
int ticket_key(SSL* ssl, unsigned char name[16], unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int is_sealing) {
  TlsContext& owner = owner_of(ssl);
  const Instant now = owner.now();
  const TlsTicketKey& current = owner.ticket_keys().current(now);
  const TlsTicketKey* key = &current;
  if (is_sealing != 0) {
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    std::memcpy(name, current.name.data(), current.name.size());
  } else {
    key = owner.ticket_keys().find(std::span<const std::uint8_t, 16>(name, 16), now);
    if (key == nullptr) return 0;
  }
  char digest[] = "SHA256";
  auto secret = key->mac;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret.data(), secret.size()),
                                   OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, parameters) != 1) return -1;
  if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv, is_sealing) != 1) return -1;
  return key == &current ? 1 : 2;
}

/// Tickets are good only under the same demands on client certificates: the authorities' file is part of the name.
std::expected<std::array<unsigned char, 32>, std::string> session_context_of(const TlsSettings& settings) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(settings.client_certificates)));
  if (settings.client_certificates != ClientCertificates::kOff) {
    // OpenSSL reads it by itself below, and would wait for a pipe: here it is seen that it is a file.
    const auto authorities = read_regular_file(settings.client_ca);
    if (!authorities) return std::unexpected(settings.client_ca + ": " + authorities.error());
    text += *authorities;
  }
  std::array<unsigned char, 32> out;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

std::expected<void, std::string> ask_for_client_certificates(SSL_CTX* context, const TlsSettings& settings) {
  const auto session_context = session_context_of(settings);
  if (!session_context) return std::unexpected(session_context.error());
  SSL_CTX_set_session_id_context(context, session_context->data(), static_cast<unsigned>(session_context->size()));
  if (settings.client_certificates == ClientCertificates::kOff) return {};
  STACK_OF(X509_NAME)* authorities = SSL_load_client_CA_file(settings.client_ca.c_str());
  if (authorities == nullptr || SSL_CTX_load_verify_file(context, settings.client_ca.c_str()) != 1) {
    return std::unexpected(settings.client_ca + ": no certificates in PEM form: " + std::string(take_openssl_reason()));
  }
  SSL_CTX_set_client_CA_list(context, authorities);
  const bool is_required = settings.client_certificates == ClientCertificates::kRequired;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return {};
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

void TlsContext::Free::operator()(BIO* bio) const {
  BIO_free(bio);
}

TlsContext::TlsContext(const TlsTicketKeys& keys, const Clock& clock)
    : clock_(clock), ticket_keys_(keys), sealer_(BIO_new(sealer_method())) {
  if (!sealer_) throw std::bad_alloc();
  BIO_set_data(sealer_.get(), &sealed_);
  BIO_set_init(sealer_.get(), 1);
}

TlsContext::~TlsContext() = default;

std::expected<std::shared_ptr<TlsContext>, std::string> TlsContext::create(const TlsSettings& settings,
                                                                           const TlsTicketKeys& keys,
                                                                           const Clock& clock) {
  if (settings.certificates.empty()) return std::unexpected("TLS needs a certificate; set tls.certificates");
  if (settings.client_certificates != ClientCertificates::kOff && settings.client_ca.empty()) {
    return std::unexpected("tls.client_certificates needs tls.client_ca");
  }
  std::shared_ptr<TlsContext> made(new TlsContext(keys, clock));
  const std::int64_t unix_s = std::time(nullptr);
  for (const std::string& entry : settings.certificates) {
    if (auto added = made->add(entry, settings, unix_s); !added) return std::unexpected(added.error());
  }
  return made;
}

std::expected<TlsContext::Context, std::string> TlsContext::make_context(const TlsSettings& settings) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return std::unexpected("OpenSSL cannot make a context: " + std::string(take_openssl_reason()));
  SSL_CTX* raw = context.get();
  SSL_CTX_set_app_data(raw, this);
  SSL_CTX_set_min_proto_version(raw, settings.min_version == TlsVersion::k12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_clear_options(raw, SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  // A read ends behind a record that carries no data (a key update, say), so that a peer cannot keep it busy with them.
  // OpenSSL does so only if it has not read ahead: TlsTransport receives for several records at once instead.
  SSL_CTX_clear_mode(raw, SSL_MODE_AUTO_RETRY);
  if (SSL_CTX_set_cipher_list(raw, kCiphers12) != 1 || SSL_CTX_set_ciphersuites(raw, kCiphers13) != 1 ||
      SSL_CTX_set1_groups_list(raw, kGroups) != 1) {
    return std::unexpected("OpenSSL lacks our cipher suites: " + std::string(take_openssl_reason()));
  }
  // Sessions live in tickets alone, which every shard can read. A client that comes back needs one.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_timeout(raw, std::chrono::duration_cast<std::chrono::seconds>(TlsTicketKeys::kPeriod).count());
  SSL_CTX_set_tlsext_ticket_key_evp_cb(raw, ticket_key);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  SSL_CTX_set_tlsext_servername_callback(raw, choose_certificate);
  if (auto asked = ask_for_client_certificates(raw, settings); !asked) return std::unexpected(asked.error());
  return context;
}

std::expected<void, std::string> TlsContext::add(const std::string& entry, const TlsSettings& settings,
                                                 std::int64_t unix_s) {
  auto certificate = TlsCertificate::load(entry);
  if (!certificate) return std::unexpected(certificate.error());
  if (std::string warning = certificate->warning(unix_s); !warning.empty()) warnings_.push_back(std::move(warning));

  // A second key for names that have one (ECDSA besides RSA) joins it: the client's abilities choose between them.
  std::vector<std::string> names = certificate->names();
  std::ranges::sort(names);
  const auto index = static_cast<std::size_t>(std::ranges::find(names_, names) - names_.begin());
  if (index == certificates_.size()) {
    auto context = make_context(settings);
    if (!context) return std::unexpected(context.error());
    certificates_.push_back(std::move(*context));
    names_.push_back(names);
  }
  // The last argument: never replace one of the same kind of key. The first one given is the one that counts.
  if (SSL_CTX_use_cert_and_key(certificates_[index].get(), certificate->leaf(), certificate->key(),
                               certificate->chain(), 0) != 1) {
    const bool is_second = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_NOT_REPLACING_CERTIFICATE;
    const std::string reason(take_openssl_reason());
    return std::unexpected(certificate->chain_path() +
                           (is_second ? ": an earlier certificate has the same names and the same kind of key"
                                      : ": the certificate cannot be used: " + reason));
  }
  for (const std::string& name : names)
    by_name_.emplace(name, index);
  return {};
}

SSL_CTX* TlsContext::context_of(std::string_view host) const {
  std::string name(host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0)));  // some clients name the root, too
  std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
  auto found = by_name_.find(name);
  if (const auto dot = name.find('.'); found == by_name_.end() && dot != std::string::npos) {
    found = by_name_.find("*" + name.substr(dot));
  }
  return certificates_[found == by_name_.end() ? 0 : found->second].get();
}

}  // namespace switchboard::net
