// The flags of one subcommand: declared once, they are parsed, explained by --help and suggested when mistyped.
// Knows nothing of what the subcommands do; options.cpp is the only file that knows the parsing library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace switchboard::cli {

/// Exit codes of every subcommand.
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;  // it could not do what was asked
inline constexpr int kExitUsage = 2;    // it was asked wrongly

class Options {
 public:
  /// `usage` follows the program's name: "serve [OPTIONS]". `about` is one paragraph.
  Options(std::string usage, std::string about);

  // The targets must outlive parse() and hold the defaults, which --help says unless they are empty. `names` is
  // "--name" or "-n,--name"; `value_name` is what --help calls the value: "HOST:PORT".
  void flag(std::string names, std::string help, bool& target);
  void value(std::string names, std::string value_name, std::string help, std::string& target);
  void value(std::string names, std::string value_name, std::string help, std::optional<std::string>& target);
  void value(std::string names, std::string value_name, std::string help, std::uint64_t& target);
  void value(std::string names, std::string value_name, std::string help, double& target);
  /// May be given several times, in order; each takes one value.
  void values(std::string names, std::string value_name, std::string help, std::vector<std::string>& target);
  /// An argument without a flag, which must be given.
  void positional(std::string value_name, std::string help, std::string& target);

  /// Lines for the end of --help.
  void examples(std::string text) { examples_ = std::move(text); }

  /// Nothing when the subcommand should go on; else the exit code, after --help or a usage error was printed.
  /// `argv[0]` is the subcommand's own name. Call once.
  std::optional<int> parse(int argc, char** argv);

  std::string help() const;

 private:
  using Target = std::variant<bool*, std::string*, std::optional<std::string>*, std::uint64_t*, double*,
                              std::vector<std::string>*>;
  struct Option {
    std::string names;
    std::string value_name;
    std::string help;
    Target target;
    bool is_positional;
    std::string default_text = {};
  };

  std::string left_column(const Option& option) const;
  std::string nearest_flag(std::string_view typed) const;
  int usage_error(std::string_view message) const;

  std::string usage_;
  std::string about_;
  std::string examples_;
  std::vector<Option> options_;
};

}  // namespace switchboard::cli
