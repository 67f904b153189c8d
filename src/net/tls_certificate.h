// One certificate chain with its private key, read from PEM files, and the host names that it is for.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <openssl/types.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/static_text.h"

struct stack_st_X509;

namespace switchboard::net {

class TlsCertificate {
 public:
  /// `entry`: "CHAIN:KEY". Blocks on the disk. The error is a sentence that names the file and what is wrong with it.
  static std::expected<TlsCertificate, std::string> load(std::string_view entry);

  /// Host names of its subjectAltName, lower case; "*.example.org" stands for one label (RFC 6125 section 6.4.3).
  const std::vector<std::string>& names() const { return names_; }
  /// What an operator should hear of it at `unix_s`: that it is not valid yet, or no longer, or soon no longer. "" when
  /// there is nothing to say.
  std::string warning(std::int64_t unix_s) const;

  const std::string& chain_path() const { return chain_path_; }
  X509* leaf() const { return leaf_.get(); }
  EVP_PKEY* key() const { return key_.get(); }
  /// The certificates that lead from the leaf to a root.
  stack_st_X509* chain() const { return chain_.get(); }

 private:
  struct Free {
    void operator()(X509* certificate) const;
    void operator()(EVP_PKEY* key) const;
    void operator()(stack_st_X509* chain) const;
  };

  TlsCertificate() = default;

  std::string chain_path_;
  std::unique_ptr<X509, Free> leaf_;
  std::unique_ptr<stack_st_X509, Free> chain_;
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::vector<std::string> names_;
};

/// "" or what is wrong with the form of a "CHAIN:KEY" entry.
std::string problem_with_certificate_entry(std::string_view entry);

/// The latest reason in OpenSSL's queue of errors, which is emptied; "unknown reason" without one.
StaticText take_openssl_reason();

}  // namespace switchboard::net
