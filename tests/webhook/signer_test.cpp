#include "webhook/signer.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace switchboard::webhook {
namespace {

// The example that the libraries of the Standard Webhooks project are tested with.
TEST(Signer, SignsAsTheReferenceImplementationDoes) {
  const Signer signer({"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
  EXPECT_EQ(signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

std::string verified(const std::string& public_key, const std::string& text, const std::string& signature) {
  EVP_PKEY* const key = EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(public_key.data()), public_key.size());
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key);
  const bool is_good =
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return is_good ? "verified" : "not verified";
}

std::string bytes_of_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  while (text.ends_with('=')) {
    bytes.pop_back();
    text.remove_suffix(1);
  }
  return bytes;
}

// The first key of RFC 8032 section 7.1.
constexpr std::string_view kSeed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
constexpr std::string_view kPublic = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

TEST(Signer, SignsWithPrivateKeysBehindSharedSecrets) {
  const Signer signer({"whsk_" + std::string(kSeed), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
  const std::string value = signer.sign("id", 1'700'000'000, "{}");
  EXPECT_TRUE(value.starts_with("v1,")) << value;
  const std::size_t second = value.find(" v1a,");
  ASSERT_NE(second, std::string::npos) << value;
  EXPECT_EQ(verified(bytes_of_base64(kPublic), "id.1700000000.{}", bytes_of_base64(value.substr(second + 5))),
            "verified");
}

TEST(Signer, KnowsWhatIsNoSecret) {
  EXPECT_EQ(problem_with_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "");
  EXPECT_EQ(problem_with_secret("whsk_" + std::string(kSeed)), "");
  const std::string pair = bytes_of_base64(kSeed) + bytes_of_base64(kPublic);
  std::string text(90, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(pair.data()),
                                                       static_cast<int>(pair.size()))));
  EXPECT_EQ(problem_with_secret("whsk_" + text), "") << "as libsodium has it";
  text[60] = text[60] == 'A' ? 'B' : 'A';
  EXPECT_NE(problem_with_secret("whsk_" + text), "") << "a public key of somebody else";
  for (const char* const bad :
       {"", "secret", "whsec_", "whsec_abc", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\n",
        "whsec_QUJDRA==", "whsk_QUJDRA==", "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}) {
    EXPECT_NE(problem_with_secret(bad), "") << bad;
  }
  // 65 bytes.
  EXPECT_NE(problem_with_secret("whsec_" + std::string(84, 'A') + "AAA="), "");
}

}  // namespace
}  // namespace switchboard::webhook
