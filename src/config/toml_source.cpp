#include "config/toml_source.h"

// The only file that knows toml++, which is slow to compile and throws; nothing of it leaves here.
#include <algorithm>
#include <optional>
#include <set>

#include <toml++/toml.h>

#include "config/setting_checks.h"
#include "config/settings_table.h"
#include "net/regular_file.h"

namespace switchboard::config {
namespace {

std::optional<SettingValue> list_value(const toml::array& array) {
  TextList list;
  for (const toml::node& node : array) {
    const auto text = node.value_exact<std::string>();
    if (!text) return std::nullopt;
    list.push_back(*text);
  }
  return list;
}

/// Nothing for what no setting can hold: floats, dates, tables, mixed lists.
std::optional<SettingValue> setting_value(const toml::node& node) {
  if (const auto truth = node.value_exact<bool>()) return SettingValue(*truth);
  if (const auto number = node.value_exact<std::int64_t>()) return SettingValue(*number);
  if (const auto text = node.value_exact<std::string>()) return SettingValue(*text);
  if (const auto* array = node.as_array()) return list_value(*array);
  return std::nullopt;
}

class TomlReader {
 public:
  explicit TomlReader(const std::string& path) : path_(path) {}

  SourceReading read(std::string_view text) {
    try {
      const toml::table root = toml::parse(text, path_);
      for (const auto& [section, node] : root)
        read_section(section, node);
    } catch (const toml::parse_error& error) {
      add_problem(error.source(), "not valid TOML: " + std::string(error.description()));
    }
    sort_problems();
    return std::move(reading_);
  }

 private:
  void read_section(const toml::key& section, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (section == "webhooks") return read_webhooks(section, node);
    if (is_named_section(section.str()) && table != nullptr) {
      for (const auto& [name, content] : *table)
        read_named(std::string(section.str()), name, content);
    } else if (table == nullptr || !is_section(section)) {
      const bool inside_out = table == nullptr && is_section(section);
      add_problem(section.source(), inside_out         ? "`" + std::string(section.str()) + "` must be a section"
                                    : table == nullptr ? unknown_top_level_key(section)
                                                       : unknown_section(section));
    } else {
      read_keys(std::string(section.str()), *table);
    }
  }

  /// [[webhooks]]: the one section that comes several times.
  void read_webhooks(const toml::key& section, const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      return add_problem(section.source(), "webhooks are written under [[webhooks]], once for each");
    }
    std::set<std::string> names;
    for (const toml::node& element : *array) {
      const toml::table& table = *element.as_table();
      const toml::node* const given = table.get("name");
      const auto text = given == nullptr ? std::nullopt : given->value_exact<std::string>();
      const std::string name = text ? *text : std::to_string(names.size() + 1);
      std::string problem =
          given != nullptr && !text ? "`webhooks.name` must be a text" : problem_with_section_name("webhooks", name);
      if (problem.empty() && !names.insert(name).second) {
        problem = "there are two webhooks with the name `" + name + "`";
      }
      if (!problem.empty()) {
        add_problem(element.source(), std::move(problem));
        continue;
      }
      reading_.headings.push_back({"webhooks", name, where(element.source().begin.line)});
      read_keys("webhooks." + name, table);
    }
  }

  void read_named(const std::string& section, const toml::key& name, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      add_problem(name.source(), lookup_setting(section, name).error());
      return;
    }
    if (std::string problem = problem_with_section_name(section, name.str()); !problem.empty()) {
      add_problem(name.source(), std::move(problem));
      return;
    }
    reading_.headings.push_back({section, std::string(name.str()), where(name.source().begin.line)});
    read_keys(section + "." + std::string(name.str()), *table);
  }

  void read_keys(const std::string& section, const toml::table& table) {
    for (const auto& [key, node] : table) {
      if (key == "name" && section.starts_with("webhooks.")) continue;
      const auto address = lookup_setting(section, key);
      if (!address) {
        add_problem(key.source(), address.error());
        continue;
      }
      const Setting& setting = *address->setting;
      const auto value = setting_value(node);
      const std::string problem = value ? problem_with_value(setting, *value) : "must be " + describe_type(setting);
      if (problem.empty()) {
        reading_.assignments.push_back({*address, *value, where(key.source().begin.line)});
      } else {
        add_problem(key.source(), "`" + section + "." + std::string(key.str()) + "` " + problem);
      }
    }
  }

  static bool is_section(std::string_view name) {
    for (const SettingSection& section : setting_sections()) {
      if (section.name == name) return true;
    }
    return false;
  }

  /// A key before the first heading: say in which section it belongs, if any has it.
  static std::string unknown_top_level_key(std::string_view key) {
    std::string out = "unknown key `" + std::string(key) + "` outside any section";
    for (const Setting& setting : settings_table()) {
      if (setting.key != key) continue;
      return out + "; it belongs under [" + example_heading(setting.section) + "]";
    }
    return out;
  }

  std::string where(std::uint32_t line) const { return path_ + ":" + std::to_string(line); }

  void add_problem(const toml::source_region& region, std::string message) {
    problems_.push_back({{region.begin.line, region.begin.column}, std::move(message)});
  }

  /// toml++ keeps tables sorted by key; people read their file from the top.
  void sort_problems() {
    std::ranges::sort(problems_, {}, &Problem::place);
    for (Problem& problem : problems_) {
      reading_.problems.push_back({where(problem.place.first), std::move(problem.message)});
    }
  }

  struct Problem {
    std::pair<std::uint32_t, std::uint32_t> place;  // line and column
    std::string message;
  };

  const std::string& path_;
  SourceReading reading_;
  std::vector<Problem> problems_;
};

}  // namespace

SourceReading read_toml_text(const std::string& path, std::string_view text) {
  return TomlReader(path).read(text);
}

SourceReading read_toml_file(const std::string& path) {
  const auto text = net::read_regular_file(path);
  if (!text) return {{}, {}, {{path, text.error()}}};
  return read_toml_text(path, *text);
}

}  // namespace switchboard::config
