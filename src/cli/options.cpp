#include "cli/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "base/nearest_name.h"
#include "cli/paragraph.h"

namespace switchboard::cli {
namespace {

constexpr std::size_t kColumnsMax = 100;

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> out;
  while (true) {
    const auto comma = names.find(',');
    out.emplace_back(names.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    names.remove_prefix(comma + 1);
  }
}

struct AddToParser {
  CLI::App& app;
  const std::string& names;
  const std::string& value_name;

  void operator()(bool* target) const { app.add_flag(names, *target); }
  void operator()(std::vector<std::string>* target) const {
    app.add_option(names, *target)->type_name(value_name)->take_all()->expected(1)->allow_extra_args(false);
  }
  template <typename Value>
  void operator()(Value* target) const {
    app.add_option(names, *target)->type_name(value_name);
  }
};

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

}  // namespace

Options::Options(std::string usage, std::string about) : usage_(std::move(usage)), about_(std::move(about)) {}

void Options::flag(std::string names, std::string help, bool& target) {
  options_.push_back({std::move(names), "", std::move(help), &target, false});
}

void Options::value(std::string names, std::string value_name, std::string help, std::string& target) {
  options_.push_back({std::move(names), std::move(value_name), std::move(help), &target, false, target});
}

void Options::value(std::string names, std::string value_name, std::string help, std::optional<std::string>& target) {
  options_.push_back({std::move(names), std::move(value_name), std::move(help), &target, false});
}

void Options::value(std::string names, std::string value_name, std::string help, std::uint64_t& target) {
  options_.push_back(
      {std::move(names), std::move(value_name), std::move(help), &target, false, std::to_string(target)});
}

void Options::value(std::string names, std::string value_name, std::string help, double& target) {
  options_.push_back({std::move(names), std::move(value_name), std::move(help), &target, false, decimal(target)});
}

void Options::values(std::string names, std::string value_name, std::string help, std::vector<std::string>& target) {
  options_.push_back({std::move(names), std::move(value_name), std::move(help), &target, false});
}

void Options::positional(std::string value_name, std::string help, std::string& target) {
  options_.push_back({value_name, value_name, std::move(help), &target, true});
}

std::optional<int> Options::parse(int argc, char** argv) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  bool wants_help = false;
  app.add_flag("-h,--help", wants_help);
  for (const Option& option : options_)
    std::visit(AddToParser{app, option.names, option.value_name}, option.target);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  if (wants_help) {
    std::fputs(help().c_str(), stdout);
    return kExitSuccess;
  }
  if (const auto extras = app.remaining(); !extras.empty()) {
    const std::string& first = extras.front();
    const std::string near = first.starts_with('-') ? nearest_flag(first) : "";
    return usage_error((first.starts_with('-') ? "unknown flag " : "unexpected argument ") + first +
                       (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  for (const Option& option : options_) {
    if (option.is_positional && app[option.names]->count() == 0) return usage_error(option.value_name + " is missing");
  }
  return std::nullopt;
}

std::string Options::left_column(const Option& option) const {
  std::string out;
  for (const std::string& name : split_names(option.names))
    out += (out.empty() ? "" : ", ") + name;
  if (!option.value_name.empty() && !option.is_positional) out += " " + option.value_name;
  return out;
}

std::string Options::help() const {
  std::string out = wrapped(about_, 0, kColumnsMax) + "\nUsage: switchboard " + usage_ + "\n\nOptions:\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : options_)
    rows.emplace_back(left_column(option), option.help + (option.default_text.empty() || option.is_positional
                                                              ? ""
                                                              : " Default " + option.default_text + "."));
  rows.emplace_back("-h, --help", "Print this and exit.");
  out += two_columns(rows, kColumnsMax);
  if (!examples_.empty()) out += "\n" + examples_;
  return out;
}

std::string Options::nearest_flag(std::string_view typed) const {
  std::vector<std::string> known = {"--help"};
  for (const Option& option : options_) {
    if (option.is_positional) continue;
    for (std::string& name : split_names(option.names))
      known.push_back(std::move(name));
  }
  return nearest_name(typed.substr(0, typed.find('=')), known);
}

int Options::usage_error(std::string_view message) const {
  const std::string command = usage_.substr(0, usage_.find(' '));
  std::fprintf(stderr, "switchboard %s: %.*s\nTry `switchboard %s --help`.\n", command.c_str(),
               static_cast<int>(message.size()), message.data(), command.c_str());
  return kExitUsage;
}

}  // namespace switchboard::cli
