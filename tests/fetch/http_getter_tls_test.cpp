// Keys come over TLS: from whom they say they are, or not at all.
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "fetch/http_getter.h"
#include "fetch/web_server.h"

namespace switchboard::fetch {
namespace {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>>;

/// For that name ("IP:127.0.0.1"), signed by itself, good from yesterday on for so many days.
Certificate certificate_for(const char* name, EVP_PKEY* key, int days = 2) {
  Certificate made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), (days - 1) * 86'400L);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("keys"), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name);
  X509_add_ext(made.get(), names, -1);
  X509_EXTENSION_free(names);
  X509_set_pubkey(made.get(), key);
  X509_sign(made.get(), key, EVP_sha256());
  return made;
}

/// Whichever TLS library libcurl was built with, it says something of a certificate.
void expect_distrust(const std::string& outcome) {
  EXPECT_NE(outcome.find("certificate"), std::string::npos) << outcome;
}

class HttpGetterTlsTest : public testing::Test {
 protected:
  ~HttpGetterTlsTest() override { std::remove(ca_file_.c_str()); }

  /// What comes of asking a server that has this certificate.
  std::string outcome(const Certificate& certificate, const std::string& ca_file) {
    const Context context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key_.get());
    const WebServer server([&](WebClient& client) {
      const std::unique_ptr<SSL, FreedBy<SSL_free>> tls(SSL_new(context.get()));
      SSL_set_fd(tls.get(), client.socket());
      char head[4'096];
      if (SSL_accept(tls.get()) != 1 || SSL_read(tls.get(), head, sizeof(head)) <= 0) return;
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
      SSL_write(tls.get(), answer.data(), static_cast<int>(answer.size()));
      SSL_shutdown(tls.get());
    });
    HttpGetter getter({.ca_file = ca_file});
    const auto text = getter.get("https" + server.url().substr(4));
    return text ? *text : text.error();
  }
  /// Trusts it, from then on.
  std::string file_with(const Certificate& certificate) {
    std::FILE* const file = std::fopen(ca_file_.c_str(), "w");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
    return ca_file_;
  }

  PrivateKey key_{EVP_EC_gen("P-256")};
  std::string ca_file_ = testing::TempDir() + "http_getter_tls_test_" + std::to_string(::getpid()) + ".pem";
};

TEST_F(HttpGetterTlsTest, WhoIsTrustedIsHeard) {
  const Certificate certificate = certificate_for("IP:127.0.0.1", key_.get());
  EXPECT_EQ(outcome(certificate, file_with(certificate)), "hello");
}

TEST_F(HttpGetterTlsTest, WhoIsNotTrustedIsNotHeard) {
  const Certificate certificate = certificate_for("IP:127.0.0.1", key_.get());
  expect_distrust(outcome(certificate, ""));
}

TEST_F(HttpGetterTlsTest, WhoHasAnotherNameIsNotHeard) {
  const Certificate certificate = certificate_for("DNS:id.example", key_.get());
  expect_distrust(outcome(certificate, file_with(certificate)));
}

TEST_F(HttpGetterTlsTest, AnOldCertificateIsNotTaken) {
  const Certificate certificate = certificate_for("IP:127.0.0.1", key_.get(), 0);
  expect_distrust(outcome(certificate, file_with(certificate)));
}

TEST_F(HttpGetterTlsTest, AFileOfCertificatesThatIsNotThereIsSaid) {
  const Certificate certificate = certificate_for("IP:127.0.0.1", key_.get());
  EXPECT_NE(outcome(certificate, "/nowhere/ca.pem").find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace switchboard::fetch
