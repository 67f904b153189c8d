#include "auth/key_kind.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "auth/openssl_handles.h"

namespace switchboard::auth {
namespace {

using enum Algorithm;

constexpr int kRsaBitsMin = 2'048;  // RFC 7518 section 3.3
constexpr int kRsaBitsMax = 16'384;
constexpr int kExponentBitsMax = 32;

/// Fetched once: looking an algorithm up by its name takes OpenSSL 3 longer than the hash of a token, and a lock.
class Hashes {
 public:
  const EVP_MD* sha256() const { return sha256_.get(); }
  const EVP_MD* sha384() const { return sha384_.get(); }
  const EVP_MD* sha512() const { return sha512_.get(); }

 private:
  using Hash = Owned<EVP_MD, EVP_MD_free>;
  Hash sha256_{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  Hash sha384_{EVP_MD_fetch(nullptr, "SHA384", nullptr)};
  Hash sha512_{EVP_MD_fetch(nullptr, "SHA512", nullptr)};
};

std::string curve_of(const EVP_PKEY* key) {
  char name[64];
  std::size_t bytes = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof(name), &bytes) != 1) return "that has no name";
  return {name, bytes};
}

/// "" when the exponent is as it must be. With 1 a signature is the padded text itself, which anybody can write; an
/// even one has no private half; a long one makes checking slow for no gain.
std::string problem_with_exponent(const EVP_PKEY* key) {
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return "has no exponent";
  const Owned<BIGNUM, BN_free> owned(exponent);
  const bool is_good =
      BN_is_odd(exponent) == 1 && BN_is_one(exponent) == 0 && BN_num_bits(exponent) <= kExponentBitsMax;
  return is_good ? "" : "has an exponent that is not odd, is 1, or has more than 32 bits";
}

std::expected<AlgorithmSet, std::string> algorithms_of_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
    return std::unexpected("is an RSA key of " + std::to_string(bits) + " bits; it must have 2048 to 16384");
  }
  if (std::string problem = problem_with_exponent(key); !problem.empty()) return std::unexpected(std::move(problem));
  if (EVP_PKEY_is_a(key, "RSA-PSS") == 1) return AlgorithmSet{kPs256, kPs384, kPs512};
  return AlgorithmSet{kRs256, kRs384, kRs512, kPs256, kPs384, kPs512};
}

}  // namespace

AlgorithmSet algorithms_of_secret(std::size_t bytes) {
  AlgorithmSet set;
  if (bytes >= 32) set.add(kHs256);
  if (bytes >= 48) set.add(kHs384);
  if (bytes >= 64) set.add(kHs512);
  return set;
}

std::expected<AlgorithmSet, std::string> algorithms_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1) return algorithms_of_rsa(key);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return AlgorithmSet{kEdDsa};
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    const std::string curve = curve_of(key);
    if (curve == "prime256v1") return AlgorithmSet{kEs256};
    if (curve == "secp384r1") return AlgorithmSet{kEs384};
    return std::unexpected("is on the curve " + curve + "; P-256 and P-384 are known");
  }
  return std::unexpected("is of a kind that no token is signed with: RSA, P-256, P-384 and Ed25519 are known");
}

const EVP_MD* hash_of(Algorithm algorithm) {
  static const Hashes hashes;
  switch (algorithm) {
    case kHs256:
    case kRs256:
    case kPs256:
    case kEs256:
      return hashes.sha256();
    case kHs384:
    case kRs384:
    case kPs384:
    case kEs384:
      return hashes.sha384();
    case kHs512:
    case kRs512:
    case kPs512:
      return hashes.sha512();
    case kEdDsa:
      break;
  }
  return nullptr;
}

bool is_pss(Algorithm algorithm) {
  return algorithm == kPs256 || algorithm == kPs384 || algorithm == kPs512;
}

std::size_t number_bytes_of(Algorithm algorithm) {
  if (algorithm == kEs256) return 32;
  return algorithm == kEs384 ? 48 : 0;
}

}  // namespace switchboard::auth
