// What an operator sets for TLS, as plain values. Where they come from is not known here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace switchboard::net {

enum class TlsVersion : std::uint8_t { k12, k13 };

enum class ClientCertificates : std::uint8_t {
  kOff,       // none is asked for
  kOptional,  // asked for; who shows one must show a valid one
  kRequired,  // without a valid one the handshake fails
};

struct TlsSettings {
  std::vector<std::string> certificates = {};  // "CHAIN:KEY", paths of PEM files; the first is the default one
  TlsVersion min_version = TlsVersion::k12;
  ClientCertificates client_certificates = ClientCertificates::kOff;
  std::string client_ca = {};            // PEM file of the authorities that client certificates must come from
  std::uint32_t handshakes_max = 2'000;  // under way at once on one shard; more wait in the kernel's queue

  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

}  // namespace switchboard::net
