// Text laid out for a terminal: wrapped paragraphs and two-column lists.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace switchboard::cli {

/// Words of `text` on lines of at most `columns_max`, every line but the first indented by `indent`; ends in a newline.
/// A word longer than a line stands alone on one.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns_max);

/// Rows of a name and its explanation, indented by two, explanations aligned.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows, std::size_t columns_max);

}  // namespace switchboard::cli
