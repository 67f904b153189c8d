#include "net/tls_transport.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "net/loopback.h"
#include "net/tls_peer.h"

namespace switchboard::net {
namespace {

/// Bytes that repeat nowhere soon, so that a shifted or doubled piece is seen.
std::string pattern_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 2'654'435'761U >> 13);
  return text;
}

class TlsTransportTest : public ::testing::Test {
 protected:
  std::shared_ptr<TlsContext> context(TlsSettings settings = {}) {
    if (settings.certificates.empty()) settings.certificates = {certificate_};
    return TlsContext::create(settings, keys_, clock_).value();
  }

  void connect(std::shared_ptr<TlsContext> context, const PeerWish& wish = {}) {
    auto [ours, theirs] = connected_pair();
    server_ = std::make_unique<TlsTransport>(std::move(ours), std::move(context), stats_);
    peer_ = std::make_unique<TlsPeer>(std::move(theirs), wish);
  }
  bool shake(std::shared_ptr<TlsContext> context, const PeerWish& wish = {}) {
    connect(std::move(context), wish);
    return peer_->shake_with(*server_);
  }

  /// All that the server can read without waiting.
  std::string read_all(std::size_t at_once = 65'536) {
    std::string text;
    std::string buffer(at_once, '\0');
    while (true) {
      last_ = server_->read(buffer);
      text.append(buffer, 0, last_.bytes);
      if (last_.bytes < at_once) return text;
    }
  }
  std::string pull_all() {
    std::string text;
    while (peer_->pull() > 0)
      text += peer_->read();
    return text;
  }

  SystemClock clock_;
  TlsTicketKeys keys_ = TlsTicketKeys::random(clock_.now());
  CertificateFiles files_;
  std::string certificate_ = files_.make();
  MetricList metrics_;
  TlsStats stats_{metrics_};
  std::unique_ptr<TlsTransport> server_;
  std::unique_ptr<TlsPeer> peer_;
  IoResult last_;
};

TEST_F(TlsTransportTest, CarriesBytesBothWays) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ASSERT_TRUE(shake(context(), {.version = version}));
    peer_->write("hello");
    peer_->push();
    EXPECT_EQ(read_all(), "hello");
    EXPECT_EQ(server_->write("world").bytes, 5U);
    EXPECT_EQ(pull_all(), "world");
  }
  EXPECT_EQ(stats_.full.value(), 2U);
  EXPECT_EQ(stats_.failed.value(), 0U);
}

TEST_F(TlsTransportTest, TheHandshakeMayComeAndGoByteByByte) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    connect(context(), {.version = version});
    EXPECT_TRUE(server_->is_opening());
    ASSERT_TRUE(peer_->shake_with(*server_, 1));
    EXPECT_FALSE(server_->is_opening());
    peer_->write("hello");
    std::string got;
    while (peer_->push(1) > 0)
      got += read_all();
    EXPECT_EQ(got, "hello");
  }
}

TEST_F(TlsTransportTest, SilenceCostsNoTlsStateAndIsNoFailure) {
  connect(context());
  std::array<char, 8> buffer;
  EXPECT_EQ(server_->read(buffer).status, IoStatus::kWouldBlock);
  EXPECT_TRUE(server_->is_opening());
  server_.reset();
  EXPECT_EQ(stats_.failed.value(), 0U);
}

TEST_F(TlsTransportTest, ALargeMessageIsReadToItsEndWithoutFurtherReadiness) {
  ASSERT_TRUE(shake(context()));
  const std::string sent = pattern_of(100'000);
  peer_->write(sent);
  std::string got;
  while (peer_->push() > 0)
    got += read_all(1'000);  // less than a record: the rest waits inside of TLS
  EXPECT_EQ(got, sent);
}

TEST_F(TlsTransportTest, WhatIsWrittenIsNeverNeededAgainWhateverTheSocketTakes) {
  for (const std::size_t pulled : {1U, 7U, 1'000U, 65'536U}) {
    ASSERT_TRUE(shake(context()));
    const std::string sent = pattern_of(1'000'000);
    std::size_t written = 0;
    std::string got;
    bool was_held = false;
    for (std::size_t turns = 0; got.size() < sent.size(); ++turns) {
      ASSERT_LT(turns, 2 * sent.size()) << "the rest does not come";
      if (written < sent.size()) {
        // The memory written from is gone after the call, as a room's log may be.
        const std::string slice = sent.substr(written, 65'536);
        const IoResult result = server_->write(slice);
        ASSERT_NE(result.status, IoStatus::kFailed);
        ASSERT_TRUE(result.status == IoStatus::kHeld || result.bytes == slice.size());
        was_held |= result.status == IoStatus::kHeld;
        written += result.bytes;
      } else {
        ASSERT_NE(server_->flush().status, IoStatus::kFailed);
      }
      EXPECT_LE(server_->held_bytes(), 70'000U);
      // So slowly until the socket has long been full, and some of its memory has been freed.
      peer_->pull(turns < 10'000 ? pulled : std::max<std::size_t>(pulled, 1'000));
      got += peer_->read();
    }
    EXPECT_EQ(got, sent);
    EXPECT_TRUE(was_held || pulled > 1'000U);
    EXPECT_EQ(server_->flush().status, IoStatus::kOk);
  }
}

TEST_F(TlsTransportTest, ABlockedSocketIsHeldSmallRecords) {
  ASSERT_TRUE(shake(context()));
  const std::string slice = pattern_of(65'536);
  while (server_->write(slice).status == IoStatus::kOk) {
  }
  EXPECT_EQ(server_->write(slice).bytes, 0U);  // nothing more is sealed meanwhile
  while (server_->flush().status == IoStatus::kHeld)
    ASSERT_GT(peer_->pull(1'000), 0U);
  // There is room for one of the pieces in which a Unix socket frees its memory: some tens of KB.
  ASSERT_EQ(server_->write(slice).status, IoStatus::kHeld);
  EXPECT_LE(server_->held_bytes(), 17'000U);
}

TEST_F(TlsTransportTest, SessionsAreResumedByAnotherShard) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ASSERT_TRUE(shake(context(), {.version = version}));
    peer_->pull();
    peer_->read();
    SSL_SESSION* session = peer_->take_session();
    ASSERT_NE(session, nullptr);
    ASSERT_TRUE(shake(context(), {.version = version, .session = session}));
    EXPECT_EQ(SSL_session_reused(peer_->ssl()), 1);
    SSL_SESSION_free(session);
  }
  EXPECT_EQ(stats_.resumed.value(), 2U);
}

TEST_F(TlsTransportTest, SessionsOfOtherKeysOrOtherDemandsAreNot) {
  ASSERT_TRUE(shake(context()));
  peer_->pull();
  peer_->read();
  SSL_SESSION* session = peer_->take_session();
  ASSERT_NE(session, nullptr);
  const TlsSettings demanding{.certificates = {certificate_},
                              .client_certificates = ClientCertificates::kOptional,
                              .client_ca = chain_of(certificate_)};
  ASSERT_TRUE(shake(context(demanding), {.session = session}));
  EXPECT_EQ(SSL_session_reused(peer_->ssl()), 0);
  keys_ = TlsTicketKeys::random(clock_.now());
  ASSERT_TRUE(shake(context(), {.session = session}));
  EXPECT_EQ(SSL_session_reused(peer_->ssl()), 0);
  SSL_SESSION_free(session);
}

TEST_F(TlsTransportTest, ServesTheCertificateOfTheHostAskedFor) {
  const auto two = context({.certificates = {files_.make({.names = {"first.org"}}),
                                             files_.make({.names = {"*.second.org"}, .is_rsa = true})}});
  const auto served = [&](const std::string& host) {
    EXPECT_TRUE(shake(two, {.host = host}));
    return peer_->served_name();
  };
  EXPECT_EQ(served(""), "first.org");
  EXPECT_EQ(served("first.org"), "first.org");
  EXPECT_EQ(served("www.second.org"), "*.second.org");
  EXPECT_EQ(served("third.org"), "first.org");
}

TEST_F(TlsTransportTest, SpeaksHttp11AndNothingElse) {
  EXPECT_TRUE(shake(context(), {.alpn = "http/1.1"}));
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(peer_->ssl(), &chosen, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
  EXPECT_FALSE(shake(context(), {.alpn = "h2"}));
  EXPECT_EQ(server_->failure(), "no application protocol");
  EXPECT_EQ(stats_.failed.value(), 1U);
}

TEST_F(TlsTransportTest, OldVersionsAndWeakSuitesAreRefused) {
  EXPECT_FALSE(shake(context({.min_version = TlsVersion::k13}), {.version = TLS1_2_VERSION}));
  EXPECT_FALSE(shake(context(), {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"}));
  EXPECT_EQ(server_->failure(), "no shared cipher");
  EXPECT_FALSE(shake(context({.certificates = {files_.make({.is_rsa = true})}}),
                     {.version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"}));  // no forward secrecy
}

TEST_F(TlsTransportTest, AsksForClientCertificatesAsFarAsToldTo) {
  const std::string known = files_.make({.names = {"known"}});
  const std::string unknown = files_.make({.names = {"unknown"}});
  const auto connects = [&](ClientCertificates wanted, const std::string& shown) {
    const TlsSettings settings{
        .certificates = {certificate_}, .client_certificates = wanted, .client_ca = chain_of(known)};
    return shake(context(settings), {.certificate = shown});
  };
  EXPECT_TRUE(connects(ClientCertificates::kOff, ""));
  EXPECT_TRUE(connects(ClientCertificates::kOff, unknown));
  EXPECT_TRUE(connects(ClientCertificates::kOptional, ""));
  EXPECT_TRUE(connects(ClientCertificates::kOptional, known));
  EXPECT_FALSE(connects(ClientCertificates::kOptional, unknown));
  EXPECT_TRUE(connects(ClientCertificates::kRequired, known));
  EXPECT_FALSE(connects(ClientCertificates::kRequired, ""));
  EXPECT_FALSE(connects(ClientCertificates::kRequired, unknown));
}

TEST_F(TlsTransportTest, PlainHttpIsToldWhatIsSpokenHere) {
  connect(context());
  const std::string request = "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(::send(peer_->fd(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::array<char, 1'024> buffer;
  EXPECT_EQ(server_->read(buffer).status, IoStatus::kFailed);
  EXPECT_EQ(server_->failure(), "plain HTTP on a TLS port");
  const ssize_t n = ::recv(peer_->fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  ASSERT_GT(n, 0);
  const std::string answer(buffer.data(), static_cast<std::size_t>(n));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 "));
  EXPECT_NE(answer.find("\r\nDate: "), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nThis port speaks TLS: use https:// or wss://\n"));
  EXPECT_EQ(::recv(peer_->fd(), buffer.data(), buffer.size(), MSG_DONTWAIT), 0);
}

TEST_F(TlsTransportTest, OtherBytesAreNotAnswered) {
  for (const char* bytes : {"\x80\x2e\x01", "\x01", "get /", "\x15\x03\x01"}) {
    connect(context());
    ASSERT_GT(::send(peer_->fd(), bytes, std::strlen(bytes), 0), 0);
    std::array<char, 64> buffer;
    EXPECT_EQ(server_->read(buffer).status, IoStatus::kFailed);
    server_.reset();
    EXPECT_EQ(::recv(peer_->fd(), buffer.data(), buffer.size(), MSG_DONTWAIT), 0);
  }
  EXPECT_EQ(stats_.failed.value(), 4U);
}

TEST_F(TlsTransportTest, FinishingSaysCloseNotifyAndReadsOn) {
  ASSERT_TRUE(shake(context()));
  server_->finish_writing();
  pull_all();
  EXPECT_TRUE(peer_->has_ended());
  peer_->write("still here");
  peer_->push();
  EXPECT_EQ(read_all(), "still here");
}

TEST_F(TlsTransportTest, DestructionSaysCloseNotify) {
  ASSERT_TRUE(shake(context()));
  server_.reset();
  pull_all();
  EXPECT_TRUE(peer_->has_ended());
}

TEST_F(TlsTransportTest, ThePeersCloseNotifyIsTheEndAlsoBehindBytes) {
  ASSERT_TRUE(shake(context()));
  peer_->write("last words");
  peer_->shut_down();
  peer_->push();
  EXPECT_EQ(read_all(), "last words");
  EXPECT_EQ(last_.status, IoStatus::kLast);
  EXPECT_EQ(read_all(), "");
  EXPECT_EQ(last_.status, IoStatus::kEnd);
}

TEST_F(TlsTransportTest, AStreamCutOffIsAnEnd) {
  ASSERT_TRUE(shake(context()));
  peer_->write("cut");
  peer_->push(10);  // a part of the record
  peer_->close();
  EXPECT_EQ(read_all(), "");
  EXPECT_EQ(last_.status, IoStatus::kEnd);
}

TEST_F(TlsTransportTest, RecordsWithoutDataAreOpenedAFewInARead) {
  ASSERT_TRUE(shake(context()));
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(SSL_key_update(peer_->ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(peer_->ssl()), 1);
  }
  peer_->write("behind them");
  peer_->push();
  std::string buffer(100, '\0');
  int reads = 0;
  IoResult result;
  do {
    result = server_->read(buffer);
  } while (++reads < 10 && result.bytes == 0 && result.status == IoStatus::kMore);
  EXPECT_EQ(reads, 3);
  EXPECT_EQ(buffer.substr(0, result.bytes), "behind them");
}

TEST_F(TlsTransportTest, APeerThatUpdatesItsKeysWithoutEndHasFailed) {
  for (const int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
    ASSERT_TRUE(shake(context()));
    int updates = 0;
    do {
      ASSERT_EQ(SSL_key_update(peer_->ssl(), kind), 1);
      ASSERT_EQ(SSL_do_handshake(peer_->ssl()), 1);
      peer_->push();
      read_all();
      pull_all();
    } while (last_.status != IoStatus::kFailed && ++updates < 1'000);
    EXPECT_EQ(updates, 100);
    EXPECT_EQ(server_->failure(), "sent too many TLS records without data");
  }
}

TEST_F(TlsTransportTest, AKeyUpdateNowAndThenIsHarmless) {
  ASSERT_TRUE(shake(context()));
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(SSL_key_update(peer_->ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(peer_->ssl()), 1);
    peer_->write("data");
    peer_->push();
    ASSERT_EQ(read_all(), "data");
    pull_all();
  }
}

TEST_F(TlsTransportTest, BrokenRecordsFailTheConnection) {
  ASSERT_TRUE(shake(context()));
  const std::string record = std::string("\x17\x03\x03\x00\x20", 5).append(32, 'x');
  ASSERT_EQ(::send(peer_->fd(), record.data(), record.size(), 0), 37);
  read_all();
  EXPECT_EQ(last_.status, IoStatus::kFailed);
  EXPECT_NE(server_->failure(), "");
  EXPECT_EQ(server_->write("x").status, IoStatus::kFailed);
}

TEST_F(TlsTransportTest, AnExistingConnectionOutlivesItsContextsOwner) {
  auto made = context();
  ASSERT_TRUE(shake(made));
  made.reset();
  EXPECT_EQ(server_->write("still here").bytes, 10U);
  EXPECT_EQ(pull_all(), "still here");
}

TEST_F(TlsTransportTest, NothingCanBeWrittenBeforeTheHandshakeIsFinished) {
  connect(context());
  peer_->shake();
  peer_->push();
  std::array<char, 64> buffer;
  server_->read(buffer);
  EXPECT_EQ(server_->write("early").status, IoStatus::kFailed);
  EXPECT_EQ(stats_.failed.value(), 1U);
  server_.reset();
  EXPECT_EQ(stats_.failed.value(), 1U);
}

}  // namespace
}  // namespace switchboard::net
