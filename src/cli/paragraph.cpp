#include "cli/paragraph.h"

#include <algorithm>

namespace switchboard::cli {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns_max) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > indent && column + 1 + word.size() > columns_max) {
      out.append("\n").append(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += word.size();
  }
  return out + "\n";
}

std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows, std::size_t columns_max) {
  std::size_t widest = 0;
  for (const auto& [name, help] : rows)
    widest = std::max(widest, name.size());
  std::string out;
  for (const auto& [name, help] : rows) {
    out.append("  ").append(name).append(widest - name.size() + 2, ' ');
    out += wrapped(help, widest + 4, columns_max);
  }
  return out;
}

}  // namespace switchboard::cli
