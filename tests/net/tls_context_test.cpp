#include "net/tls_context.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "net/tls_certificate.h"
#include "net/tls_peer.h"

namespace switchboard::net {
namespace {

::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\"" << text << "\" lacks \"" << part << "\"";
}

class TlsContextTest : public ::testing::Test {
 protected:
  std::expected<std::shared_ptr<TlsContext>, std::string> create(const TlsSettings& settings) {
    return TlsContext::create(settings, TlsTicketKeys::random(clock_.now()), clock_);
  }
  std::string error_of(const TlsSettings& settings) {
    const auto context = create(settings);
    return context ? "" : context.error();
  }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  SystemClock clock_;
  CertificateFiles files_;
};

TEST_F(TlsContextTest, ErrorsNameTheFileAndTheReason) {
  const std::string good = files_.make();
  const std::string other = files_.make();
  EXPECT_TRUE(contains(error_of({}), "tls.certificates"));
  EXPECT_TRUE(contains(error_of({.certificates = {files_.path("none") + ":" + key_of(good)}}),
                       "/none: cannot be read: No such file"));
  EXPECT_TRUE(contains(error_of({.certificates = {chain_of(good) + ":" + files_.path("none")}}),
                       "/none: cannot be read: No such file"));
  const std::string text = files_.write("text", "no PEM at all");
  EXPECT_TRUE(contains(error_of({.certificates = {text + ":" + key_of(good)}}), "/text: no certificate in PEM form"));
  EXPECT_TRUE(contains(error_of({.certificates = {chain_of(good) + ":" + text}}), "/text: no private key"));
  EXPECT_TRUE(contains(error_of({.certificates = {chain_of(good) + ":" + key_of(other)}}),
                       "does not belong to the certificate in " + chain_of(good)));
  EXPECT_TRUE(contains(error_of({.certificates = {files_.make({.password = "secret"})}}), "protected by a password"));
  EXPECT_TRUE(contains(error_of({.certificates = {good, files_.make()}}), "same names and the same kind of key"));
}

TEST_F(TlsContextTest, WhatIsNoFileIsNotWaitedFor) {
  const std::string good = files_.make();
  const std::string pipe = files_.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string problem = "/pipe: is a pipe (FIFO), not a file";
  EXPECT_TRUE(contains(error_of({.certificates = {pipe + ":" + key_of(good)}}), problem));
  EXPECT_TRUE(contains(error_of({.certificates = {chain_of(good) + ":" + pipe}}), problem));
  EXPECT_TRUE(contains(
      error_of({.certificates = {good}, .client_certificates = ClientCertificates::kRequired, .client_ca = pipe}),
      problem));
}

TEST_F(TlsContextTest, ABrokenChainIsFound) {
  const std::string good = files_.make();
  std::string chain = content(chain_of(good)) + content(chain_of(good));
  chain[chain.size() - 100] = '!';
  const std::string broken = files_.write("broken", chain);
  EXPECT_TRUE(contains(error_of({.certificates = {broken + ":" + key_of(good)}}), "of its chain is broken"));
}

TEST_F(TlsContextTest, ClientCertificatesNeedAnAuthority) {
  const std::string good = files_.make();
  EXPECT_TRUE(contains(error_of({.certificates = {good}, .client_certificates = ClientCertificates::kRequired}),
                       "tls.client_ca"));
  EXPECT_TRUE(contains(error_of({.certificates = {good},
                                 .client_certificates = ClientCertificates::kOptional,
                                 .client_ca = files_.path("none")}),
                       "/none: cannot be read"));
  EXPECT_TRUE(contains(error_of({.certificates = {good},
                                 .client_certificates = ClientCertificates::kOptional,
                                 .client_ca = files_.write("text", "no PEM")}),
                       "/text: no certificates"));
}

TEST_F(TlsContextTest, WarnsOfCertificatesThatHaveExpiredOrSoonWill) {
  const auto warnings = [&](int days) {
    return (*create({.certificates = {files_.make({.days = days})}}))->warnings();
  };
  EXPECT_TRUE(warnings(30).empty());
  EXPECT_TRUE(contains(warnings(-1).at(0), "has expired"));
  EXPECT_TRUE(contains(warnings(3).at(0), "expires in "));
}

TEST_F(TlsContextTest, TheFormOfAnEntryIsTwoPaths) {
  EXPECT_EQ(problem_with_certificate_entry("a:b"), "");
  for (const char* text : {"", "a", ":", "a:", ":b", "a:b:c"})
    EXPECT_NE(problem_with_certificate_entry(text), "") << text;
}

TEST_F(TlsContextTest, ChoosesByExactNameThenWildcardThenTheFirst) {
  const auto context = *create({.certificates = {files_.make({.names = {"default.org"}}),
                                                 files_.make({.names = {"*.Example.org", "example.org"}}),
                                                 files_.make({.names = {"chat.example.org"}})}});
  SSL_CTX* wildcard = context->context_of("a.example.org");
  SSL_CTX* exact = context->context_of("chat.example.org");
  EXPECT_NE(wildcard, context->default_context());
  EXPECT_NE(exact, context->default_context());
  EXPECT_NE(exact, wildcard);
  EXPECT_EQ(context->context_of("EXAMPLE.ORG"), wildcard);
  EXPECT_EQ(context->context_of("example.org."), wildcard);
  EXPECT_EQ(context->context_of("."), context->default_context());
  EXPECT_EQ(context->context_of("Chat.Example.org"), exact);
  EXPECT_EQ(context->context_of("a.b.example.org"), context->default_context());  // one label only
  EXPECT_EQ(context->context_of(".example.org"), wildcard);
  EXPECT_EQ(context->context_of("elsewhere"), context->default_context());
  EXPECT_EQ(context->context_of(""), context->default_context());
}

TEST_F(TlsContextTest, TwoKindsOfKeysForTheSameNamesStandSideBySide) {
  const auto context = *create({.certificates = {files_.make(), files_.make({.is_rsa = true})}});
  EXPECT_EQ(context->context_of("localhost"), context->default_context());
  int certificates = 0;
  for (long at = SSL_CTX_set_current_cert(context->default_context(), SSL_CERT_SET_FIRST); at == 1;
       at = SSL_CTX_set_current_cert(context->default_context(), SSL_CERT_SET_NEXT))
    ++certificates;
  EXPECT_EQ(certificates, 2);
}

}  // namespace
}  // namespace switchboard::net
