// `switchboard version`.
#include "base/version.h"

#include <cstdio>
#include <openssl/crypto.h>
#include <simdjson.h>

#include "cli/commands.h"
#include "cli/options.h"

#if defined(__clang__)
#define SB_COMPILER "clang " __clang_version__
#else
#define SB_COMPILER "gcc " __VERSION__
#endif

namespace switchboard::cli {

int run_version(int argc, char** argv) {
  Options options("version",
                  "Prints the version, how it was built and the versions of the libraries that clients' bytes reach.");
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;

#if defined(__OPTIMIZE__)
  const char* build = "optimised";
#else
  const char* build = "unoptimised";
#endif
  std::printf("switchboard %s\n", version());
  std::printf("compiler   %s, %s\n", SB_COMPILER, build);
  std::printf("openssl    %s\n", OpenSSL_version(OPENSSL_VERSION_STRING));
  std::printf("simdjson   %d.%d.%d\n", simdjson::SIMDJSON_VERSION_MAJOR, simdjson::SIMDJSON_VERSION_MINOR,
              simdjson::SIMDJSON_VERSION_REVISION);
  return kExitSuccess;
}

}  // namespace switchboard::cli
