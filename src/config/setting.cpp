#include "config/setting.h"

#include <algorithm>
#include <charconv>

#include "config/setting_checks.h"
#include "log/log_escape.h"

namespace switchboard::config {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out;
  log::append_toml_string(out, text);
  return out;
}

std::string choices_text(const Setting& setting) {
  std::string out;
  for (std::size_t i = 0; i < setting.choices.size(); ++i) {
    if (i > 0) out += i + 1 == setting.choices.size() ? " or " : ", ";
    out += in_quotes(setting.choices[i]);
  }
  return out;
}

bool has_type(const Setting& setting, const SettingValue& value) {
  switch (setting.type) {
    case SettingType::kBoolean:
      return std::holds_alternative<bool>(value);
    case SettingType::kInteger:
      return std::holds_alternative<std::int64_t>(value);
    case SettingType::kText:
    case SettingType::kChoice:
      return std::holds_alternative<std::string>(value);
    case SettingType::kTextList:
      return std::holds_alternative<TextList>(value);
  }
  return false;
}

std::string problem_with_text(const Setting& setting, std::string_view text) {
  std::string problem = problem_with_encoding(text);
  if (problem.empty() && setting.problem_with != nullptr) problem = setting.problem_with(text);
  if (problem.empty() || setting.is_secret) return problem;
  return "is " + in_quotes(text) + ": " + problem;
}

std::string problem_with_list(const Setting& setting, const TextList& list) {
  if (list.empty() && !setting.may_be_empty) return "is empty; it needs at least one entry";
  for (const std::string& text : list) {
    if (std::string problem = problem_with_text(setting, text); !problem.empty()) return problem;
  }
  return "";
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

TextList split_at_commas(std::string_view text) {
  TextList list;
  while (true) {
    const auto comma = text.find(',');
    if (const auto part = trimmed(text.substr(0, comma)); !part.empty()) list.emplace_back(part);
    if (comma == std::string_view::npos) return list;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string describe_type(const Setting& setting) {
  switch (setting.type) {
    case SettingType::kBoolean:
      return "true or false";
    case SettingType::kInteger:
      return "a whole number from " + std::to_string(setting.min) + " to " + std::to_string(setting.max);
    case SettingType::kText:
      return "a text";
    case SettingType::kTextList:
      return "a list of texts, such as [\"...\"]";
    case SettingType::kChoice:
      return choices_text(setting);
  }
  return "";
}

std::string problem_with_value(const Setting& setting, const SettingValue& value) {
  if (!has_type(setting, value)) return "must be " + describe_type(setting);
  switch (setting.type) {
    case SettingType::kBoolean:
      return "";
    case SettingType::kInteger: {
      const auto number = std::get<std::int64_t>(value);
      if (number >= setting.min && number <= setting.max) return "";
      return "is " + std::to_string(number) + "; it must be " + describe_type(setting);
    }
    case SettingType::kText:
      return problem_with_text(setting, std::get<std::string>(value));
    case SettingType::kTextList:
      return problem_with_list(setting, std::get<TextList>(value));
    case SettingType::kChoice: {
      const auto& text = std::get<std::string>(value);
      if (std::ranges::find(setting.choices, text) != setting.choices.end()) return "";
      return "is " + in_quotes(text) + "; it must be " + describe_type(setting);
    }
  }
  return "";
}

std::expected<SettingValue, std::string> parse_value(const Setting& setting, std::string_view text) {
  SettingValue value;
  switch (setting.type) {
    case SettingType::kBoolean:
      if (text != "true" && text != "false") return std::unexpected("must be " + describe_type(setting));
      value = text == "true";
      break;
    case SettingType::kInteger: {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) {
        return std::unexpected("is " + in_quotes(text) + "; it must be " + describe_type(setting));
      }
      value = number;
      break;
    }
    case SettingType::kText:
    case SettingType::kChoice:
      value = std::string(text);
      break;
    case SettingType::kTextList:
      value = split_at_commas(text);
      break;
  }
  if (std::string problem = problem_with_value(setting, value); !problem.empty()) return std::unexpected(problem);
  return value;
}

std::string shown_text(const Setting& setting, const SettingValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  const auto* list = std::get_if<TextList>(&value);
  const bool is_empty = (text != nullptr && text->empty()) || (list != nullptr && list->empty());
  return setting.is_secret && !is_empty ? "(not shown)" : toml_text(value);
}

std::string toml_text(const SettingValue& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return in_quotes(*text);
  std::string out = "[";
  for (const std::string& text : std::get<TextList>(value))
    out += (out.size() > 1 ? ", " : "") + in_quotes(text);
  return out + "]";
}

}  // namespace switchboard::config
