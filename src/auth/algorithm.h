// The algorithms that tokens are signed with (RFC 7518 section 3.1, RFC 8037 section 3.1), and sets of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace switchboard::auth {

enum class Algorithm : std::uint8_t {
  kHs256,
  kHs384,
  kHs512,
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEdDsa,  // with Ed25519; also called "Ed25519" (RFC 9864)
};

inline constexpr std::size_t kAlgorithms = static_cast<std::size_t>(Algorithm::kEdDsa) + 1;

/// In the order of the enumeration.
inline constexpr std::array<std::string_view, kAlgorithms> kAlgorithmNames = {
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"};

constexpr std::string_view name(Algorithm algorithm) {
  return kAlgorithmNames[static_cast<std::size_t>(algorithm)];
}

/// None for what is not known, "none" included. Names are exact.
constexpr std::optional<Algorithm> algorithm_of(std::string_view name) {
  if (name == "Ed25519") return Algorithm::kEdDsa;
  for (std::size_t i = 0; i < kAlgorithms; ++i) {
    if (kAlgorithmNames[i] == name) return static_cast<Algorithm>(i);
  }
  return std::nullopt;
}

class AlgorithmSet {
 public:
  constexpr AlgorithmSet() = default;
  constexpr AlgorithmSet(std::initializer_list<Algorithm> algorithms) {
    for (const Algorithm algorithm : algorithms)
      add(algorithm);
  }
  static constexpr AlgorithmSet all() {
    AlgorithmSet set;
    set.bits_ = (1u << kAlgorithms) - 1;
    return set;
  }

  constexpr void add(Algorithm algorithm) { bits_ = static_cast<std::uint16_t>(bits_ | bit(algorithm)); }
  constexpr bool has(Algorithm algorithm) const { return (bits_ & bit(algorithm)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr AlgorithmSet without(AlgorithmSet others) const {
    AlgorithmSet set;
    set.bits_ = static_cast<std::uint16_t>(bits_ & ~others.bits_);
    return set;
  }
  /// What is in both.
  friend constexpr AlgorithmSet operator&(AlgorithmSet one, AlgorithmSet other) {
    one.bits_ = static_cast<std::uint16_t>(one.bits_ & other.bits_);
    return one;
  }
  friend constexpr bool operator==(AlgorithmSet, AlgorithmSet) = default;

 private:
  static constexpr unsigned bit(Algorithm algorithm) { return 1u << static_cast<unsigned>(algorithm); }

  std::uint16_t bits_ = 0;
};

inline constexpr AlgorithmSet kHmacAlgorithms = {Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512};

}  // namespace switchboard::auth
