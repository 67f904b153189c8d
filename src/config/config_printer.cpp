#include "config/config_printer.h"

#include <algorithm>
#include <string_view>

#include "config/config_values.h"
#include "config/settings_table.h"

namespace switchboard::config {
namespace {

constexpr std::size_t kColumnsMax = 100;

void append_comment(std::string& out, std::string_view text) {
  if (text.empty()) out += "#\n";
  while (!text.empty()) {
    std::size_t end = text.size();
    if (end > kColumnsMax - 2) {
      end = text.rfind(' ', kColumnsMax - 2);
      if (end == std::string_view::npos) end = std::min(text.find(' '), text.size());
    }
    out.append("# ").append(text.substr(0, end)).push_back('\n');
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool is_bare_key(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string heading_of(std::string_view section, const std::string& name) {
  if (section == "webhooks") return "[[webhooks]]\nname = " + toml_text(SettingValue(name)) + "\n";
  return "[" + std::string(section) + "." + (is_bare_key(name) ? name : toml_text(SettingValue(name))) + "]\n";
}

std::string range_text(const Setting& setting) {
  if (setting.type == SettingType::kInteger) {
    return std::to_string(setting.min) + " to " + std::to_string(setting.max) + " " + std::string(setting.unit);
  }
  return describe_type(setting);
}

std::string default_text(const Setting& setting) {
  const Config defaults;
  return toml_text(value_of(defaults, {&setting, std::string(kDefaultNamespace)}));
}

/// Of a section that exists only under names of its own: what could stand there, as a comment.
void append_example(std::string& out, const Setting& setting) {
  append_comment(out, "");
  append_comment(out, setting.doc);
  append_comment(out, "Default " + default_text(setting) + "; " + range_text(setting) +
                          (setting.reloadable ? "." : "; needs a restart."));
  append_comment(out, std::string(setting.key) + " = " + default_text(setting));
}

void append_line(std::string& out, const Setting& setting, const SettingValue& value) {
  const std::string shown = shown_text(setting, value);
  if (shown != toml_text(value)) out += "# ";  // a secret: the line must not set it to something else
  out.append(setting.key).append(" = ").append(shown).append("\n");
}

void append_setting(std::string& out, const Config& config, const SettingAddress& address) {
  const Setting& setting = *address.setting;
  append_comment(out, setting.doc);
  append_comment(out, "Default " + default_text(setting) + "; " + range_text(setting) +
                          (setting.reloadable ? "." : "; needs a restart."));
  append_line(out, setting, value_of(config, address));
  out.push_back('\n');
}

void append_named(std::string& out, const Config& config, std::string_view section) {
  for (const std::string& name : names_of(config, section)) {
    out += heading_of(section, name);
    for (const Setting& setting : settings_table()) {
      const SettingAddress address{&setting, name};
      if (setting.section != section || !is_settable(address)) continue;
      append_line(out, setting, value_of(config, address));
    }
    out.push_back('\n');
  }
}

/// A pipe would end the cell.
std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::string print_config(const Config& config) {
  std::string out;
  append_comment(out, "Configuration of switchboard. Every key may be left out; what is written here is in force.");
  append_comment(out,
                 "Environment variables (SWITCHBOARD_SECTION_KEY) override this file, flags override both. SIGHUP "
                 "reads it again; settings that need a restart say so.");
  for (const SettingSection& section : setting_sections()) {
    out.push_back('\n');
    append_comment(out, section.doc);
    const bool rooms = section.name == "rooms";
    const bool is_example = is_named_section(section.name) && !rooms;
    if (!is_example) out += "[" + example_heading(section.name) + "]\n";
    for (const Setting& setting : settings_table()) {
      if (setting.section != section.name) continue;
      if (is_example) {
        append_example(out, setting);
      } else {
        append_setting(out, config, {&setting, rooms ? std::string(kDefaultNamespace) : ""});
      }
    }
    if (!is_example) out.pop_back();
  }
  out.push_back('\n');
  append_named(out, config, "rooms");
  append_named(out, config, "listeners");
  append_named(out, config, "webhooks");
  append_named(out, config, "issuers");
  out.pop_back();
  return out;
}

std::string print_settings_reference() {
  std::string out;
  for (const SettingSection& section : setting_sections()) {
    const std::string heading = section.name == "rooms" ? "rooms.NAMESPACE" : example_heading(section.name);
    out += "### [" + heading + "]\n\n" + std::string(section.doc) + "\n\n";
    out += "| key | default | values | reload | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (const Setting& setting : settings_table()) {
      if (setting.section != section.name) continue;
      out += "| `" + std::string(setting.key) + "` | `" + markdown_cell(default_text(setting)) + "` | " +
             markdown_cell(range_text(setting)) + " | " + (setting.reloadable ? "yes" : "restart") + " | " +
             markdown_cell(setting.doc) + " |\n";
    }
    out.push_back('\n');
  }
  out.pop_back();
  return out;
}

}  // namespace switchboard::config
