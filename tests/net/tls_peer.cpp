#include "net/tls_peer.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/socket.h>

#include <openssl/x509v3.h>

namespace switchboard::net {

CertificateFiles::CertificateFiles() {
  char name[] = "/tmp/switchboard-tls-XXXXXX";
  directory_ = mkdtemp(name);
}

CertificateFiles::~CertificateFiles() {
  std::filesystem::remove_all(directory_);
}

std::string CertificateFiles::write(std::string_view name, std::string_view text) {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

std::string CertificateFiles::make(const CertificateWish& wish) {
  EVP_PKEY* key = wish.is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++made_);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86'400L * (wish.days < 0 ? 1 - wish.days : 1));
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400L * wish.days);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  const std::string common = wish.names.empty() ? "nameless" : wish.names.front();
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.data()),
                             static_cast<int>(common.size()), -1, 0);
  X509_set_issuer_name(certificate, name);
  std::string alternatives;
  for (const std::string& host : wish.names)
    alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + host;
  if (!alternatives.empty()) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternatives.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate, key, EVP_sha256());

  const std::string number = std::to_string(made_);
  std::FILE* file = std::fopen(path("chain" + number).c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen(path("key" + number).c_str(), "w");
  PEM_write_PrivateKey(file, key, wish.password.empty() ? nullptr : EVP_aes_256_cbc(),
                       wish.password.empty() ? nullptr : reinterpret_cast<const unsigned char*>(wish.password.data()),
                       static_cast<int>(wish.password.size()), nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return path("chain" + number) + ":" + path("key" + number);
}

TlsPeer::TlsPeer(FileDescriptor socket, const PeerWish& wish)
    : socket_(std::move(socket)), context_(SSL_CTX_new(TLS_client_method())) {
  if (wish.version != 0) {
    SSL_CTX_set_min_proto_version(context_, wish.version);
    SSL_CTX_set_max_proto_version(context_, wish.version);
  }
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
    auto* self = static_cast<TlsPeer*>(SSL_get_app_data(ssl));
    SSL_SESSION_free(self->session_);
    self->session_ = session;
    return 1;
  });
  if (!wish.ciphers.empty()) SSL_CTX_set_cipher_list(context_, wish.ciphers.c_str());
  ssl_ = SSL_new(context_);
  SSL_set_app_data(ssl_, this);
  if (!wish.host.empty()) SSL_set_tlsext_host_name(ssl_, wish.host.c_str());
  if (!wish.alpn.empty()) {
    const std::string list = static_cast<char>(wish.alpn.size()) + wish.alpn;
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(list.data()), static_cast<unsigned>(list.size()));
  }
  if (!wish.certificate.empty()) {
    EXPECT_EQ(SSL_use_certificate_file(ssl_, chain_of(wish.certificate).c_str(), SSL_FILETYPE_PEM), 1);
    EXPECT_EQ(SSL_use_PrivateKey_file(ssl_, key_of(wish.certificate).c_str(), SSL_FILETYPE_PEM), 1);
  }
  if (wish.session != nullptr) SSL_set_session(ssl_, wish.session);
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in_, -1);
  SSL_set_bio(ssl_, in_, out_);
  SSL_set_connect_state(ssl_);
}

TlsPeer::~TlsPeer() {
  SSL_SESSION_free(session_);
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // or the session would count as broken
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

bool TlsPeer::shake() {
  SSL_do_handshake(ssl_);
  return SSL_is_init_finished(ssl_) == 1;
}

std::size_t TlsPeer::push(std::size_t bytes_max) {
  char* data = nullptr;
  const auto waiting = static_cast<std::size_t>(BIO_get_mem_data(out_, &data));
  const ssize_t n = ::send(socket_.get(), data, std::min(waiting, bytes_max), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n <= 0) return 0;
  std::string taken(static_cast<std::size_t>(n), '\0');
  BIO_read(out_, taken.data(), static_cast<int>(n));
  return static_cast<std::size_t>(n);
}

std::size_t TlsPeer::pull(std::size_t bytes_max) {
  std::string buffer(std::min<std::size_t>(bytes_max, 65'536), '\0');
  const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n <= 0) return 0;
  BIO_write(in_, buffer.data(), static_cast<int>(n));
  return static_cast<std::size_t>(n);
}

bool TlsPeer::shake_with(TlsTransport& server, std::size_t bytes_per_step) {
  char buffer[1'024];
  while (true) {
    shake();
    std::size_t moved = push(bytes_per_step);
    if (moved > 0) {
      EXPECT_EQ(server.read(buffer).bytes, 0U);
    }
    server.flush();
    moved += pull(bytes_per_step);
    if (moved == 0)
      return SSL_is_init_finished(ssl_) == 1 && !server.is_opening() && server.write("").status == IoStatus::kOk;
  }
}

void TlsPeer::write(std::string_view text) {
  ASSERT_EQ(SSL_write(ssl_, text.data(), static_cast<int>(text.size())), static_cast<int>(text.size()));
}

std::string TlsPeer::read() {
  std::string text;
  std::string buffer(65'536, '\0');
  while (true) {
    const int n = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    if (n <= 0) {
      ended_ |= SSL_get_error(ssl_, n) == SSL_ERROR_ZERO_RETURN;
      return text;
    }
    text.append(buffer, 0, static_cast<std::size_t>(n));
  }
}

std::string TlsPeer::served_name() {
  X509* certificate = SSL_get1_peer_certificate(ssl_);
  if (certificate == nullptr) return "";
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  X509_free(certificate);
  return name;
}

SSL_SESSION* TlsPeer::take_session() {
  return std::exchange(session_, nullptr);
}

}  // namespace switchboard::net
