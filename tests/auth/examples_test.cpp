// The table of examples in docs/AUTH.md, row by row: what it says is what happens.
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "auth/grants.h"

namespace switchboard::auth {
namespace {

struct Example {
  std::string permissions;
  std::string deed;  // a right's name, or "direct"
  std::string whom;  // the room, or the user
  bool is_allowed = false;
};

/// What stands between the backticks of a cell.
std::string code_in(std::string_view cell) {
  const auto begin = cell.find('`');
  const auto end = cell.rfind('`');
  return begin == end ? std::string() : std::string(cell.substr(begin + 1, end - begin - 1));
}

std::vector<Example> examples() {
  std::ifstream file(SWITCHBOARD_SOURCE_DIR "/docs/AUTH.md");
  std::vector<Example> found;
  bool is_table = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "| permissions | asks for | answer |") is_table = true;
    if (line.empty() && is_table && !found.empty()) break;
    if (!is_table || !line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream row(line.substr(1));
    for (std::string cell; std::getline(row, cell, '|');)
      cells.push_back(cell);
    const std::string asked = code_in(cells.at(1));
    const auto space = asked.find(' ');
    found.push_back({.permissions = code_in(cells.at(0)),
                     .deed = asked.substr(0, space),
                     .whom = asked.substr(space + 1),
                     .is_allowed = cells.at(2) == " yes "});
  }
  return found;
}

TEST(Examples, OfTheDocumentsAreTrue) {
  const auto all = examples();
  ASSERT_GE(all.size(), 20);
  for (const Example& example : all) {
    const auto grants = Grants::parse(example.permissions);
    ASSERT_TRUE(grants) << example.permissions << ": " << grants.error();
    bool is_allowed = false;
    if (example.deed == "direct") {
      is_allowed = grants->may_write_to(example.whom, "alice");
    } else {
      const auto right = room::right_of(example.deed);
      ASSERT_TRUE(right) << example.deed;
      is_allowed = grants->rights_in(example.whom, "alice").has(*right);
    }
    EXPECT_EQ(is_allowed, example.is_allowed) << example.permissions << " " << example.deed << " " << example.whom;
  }
}

}  // namespace
}  // namespace switchboard::auth
