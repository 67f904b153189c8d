// What is no signature, for keys that are good: forms that a laxer reader would take.
#include "auth/signature.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "auth/hmac.h"
#include "auth/key.h"
#include "auth/mint.h"
#include "auth/openssl_handles.h"
#include "auth/test_keys.h"
#include "auth/token.h"

namespace switchboard::auth {
namespace {

using enum Algorithm;

constexpr std::string_view kText = "header.payload";

struct Signed {
  Key key;
  std::string text;
  std::string signature;
};

Signed signed_with(const TestKey& test_key, Algorithm algorithm) {
  const std::string token = mint("{}", algorithm, {.private_pem = test_key.private_pem}).value_or("");
  const auto parts = take_apart(token);
  EXPECT_TRUE(parts);
  return {*Key::of_pem(test_key.public_pem), std::string(parts->signed_text), parts->signature};
}

// The numbers 0 and the group's order have been taken by readers that did not check them.
TEST(Signature, NumbersOfEcdsaThatCannotBeAreRefused) {
  const Signed good = signed_with(kP256Key, kEs256);
  EXPECT_TRUE(good.key.verify(kEs256, good.text, good.signature));
  const std::string zero(32, '\0');
  const std::string order = "\xFF\xFF\xFF\xFF" + std::string(4, '\0') + std::string(8, '\xFF') +
                            "\xBC\xE6\xFA\xAD\xA7\x17\x9E\x84\xF3\xB9\xCA\xC2\xFC\x63\x25\x51";
  const std::string r = good.signature.substr(0, 32), s = good.signature.substr(32);
  for (const std::string& wrong : {zero + zero, zero + s, r + zero, order + order, order + s, r + order, s + r})
    EXPECT_FALSE(good.key.verify(kEs256, good.text, wrong));
}

TEST(Signature, EcdsaHasJustItsLength) {
  const Signed good = signed_with(kP384Key, kEs384);
  EXPECT_TRUE(good.key.verify(kEs384, good.text, good.signature));
  for (std::size_t bytes = 0; bytes < good.signature.size(); ++bytes)
    EXPECT_FALSE(good.key.verify(kEs384, good.text, good.signature.substr(0, bytes)));
  EXPECT_FALSE(good.key.verify(kEs384, good.text, good.signature + '\0'));
  // The same numbers in DER, as other formats have them.
  std::string der = "\x30\x66\x02\x31";
  der += '\0' + good.signature.substr(0, 48) + "\x02\x31" + '\0' + good.signature.substr(48);
  EXPECT_FALSE(good.key.verify(kEs384, good.text, der));
}

// RFC 8032 section 5.1.7: s plus the group's order would check out, and one token would have two spellings.
TEST(Signature, Ed25519HasOneSpelling) {
  const Signed good = signed_with(kEd25519Key, kEdDsa);
  constexpr unsigned char kOrder[32] = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7,
                                        0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0,    0,    0,    0,    0,    0,
                                        0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  std::string other = good.signature;
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(other[32 + i]) + kOrder[i];
    other[32 + i] = static_cast<char>(carry & 0xFF);
    carry >>= 8;
  }
  EXPECT_TRUE(good.key.verify(kEdDsa, good.text, good.signature));
  EXPECT_FALSE(good.key.verify(kEdDsa, good.text, other));
}

TEST(Signature, OneWithPssIsNoneWithoutAndTheOtherWayRound) {
  const Signed pss = signed_with(kRsaKey, kPs256), plain = signed_with(kRsaKey, kRs256);
  EXPECT_TRUE(pss.key.verify(kPs256, pss.text, pss.signature));
  EXPECT_FALSE(pss.key.verify(kRs256, pss.text, pss.signature));
  EXPECT_FALSE(plain.key.verify(kPs256, plain.text, plain.signature));
  EXPECT_FALSE(pss.key.verify(kPs384, pss.text, pss.signature));
}

TEST(Signature, APublicKeyMakesNone) {
  for (const auto& [test_key, algorithm] :
       {std::pair(&kP256Key, kEs256), std::pair(&kRsaKey, kPs256), std::pair(&kEd25519Key, kEdDsa)}) {
    const OwnedBio bio = reader_of(test_key->public_pem);
    const OwnedKey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
    ASSERT_TRUE(key);
    EXPECT_EQ(sign(key.get(), algorithm, kText), "");
  }
}

// RFC 4231, test case 2 has a key of 4 bytes, which is no secret here; case 6 has one of 131.
TEST(Hmac, IsThatOfTheRfc) {
  const Hmac hmac(std::string(131, '\xAA'));
  constexpr std::string_view kCase6 = "Test Using Larger Than Block-Size Key - Hash Key First";
  EXPECT_EQ(
      hmac.sign(kHs256, kCase6),
      "\x60\xe4\x31\x59\x1e\xe0\xb6\x7f\x0d\x8a\x26\xaa\xcb\xf5\xb7\x7f\x8e\x0b\xc6\x21\x37\x28\xc5\x14\x05\x46\x04"
      "\x0f\x0e\xe3\x7f\x54");
  EXPECT_EQ(hmac.sign(kHs384, kCase6).size(), 48);
  EXPECT_EQ(hmac.sign(kHs512, kCase6).size(), 64);
  EXPECT_TRUE(hmac.is_signature(kHs512, kCase6, hmac.sign(kHs512, kCase6)));
  EXPECT_FALSE(hmac.is_signature(kHs512, kCase6, hmac.sign(kHs384, kCase6)));
  EXPECT_FALSE(hmac.is_signature(kHs256, kCase6, hmac.sign(kHs256, kCase6).substr(0, 31)));
  EXPECT_FALSE(hmac.is_signature(kHs256, kCase6, ""));
}

TEST(Hmac, OfAShortSecretIsForNothing) {
  EXPECT_TRUE(Hmac(std::string(31, 'x')).algorithms().empty());
  EXPECT_TRUE(Hmac().algorithms().empty());
}

TEST(Key, IsUsedByManyThreadsAtOnce) {
  const Signed ecdsa = signed_with(kP256Key, kEs256), rsa = signed_with(kRsaKey, kPs256);
  const Key secret = *Key::of_secret(std::string(32, 's'));
  const std::string mac = Hmac(std::string(32, 's')).sign(kHs256, kText);
  std::vector<std::thread> threads;
  std::vector<int> good(4);
  for (int& count : good) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        count += ecdsa.key.verify(kEs256, ecdsa.text, ecdsa.signature);
        count += rsa.key.verify(kPs256, rsa.text, rsa.signature);
        count += secret.verify(kHs256, kText, mac);
        count += secret.verify(kHs256, "another text", mac);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const int count : good)
    EXPECT_EQ(count, 150);
}

}  // namespace
}  // namespace switchboard::auth
