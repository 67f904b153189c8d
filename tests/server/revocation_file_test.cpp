#include "server/revocation_file.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <sys/stat.h>

namespace switchboard::server {
namespace {

constexpr UnixMillis kNow = 1'764'000'000'000;

class RevocationFileTest : public testing::Test {
 protected:
  RevocationFileTest() {
    path = testing::TempDir() + "revocations_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove(path);
  }
  ~RevocationFileTest() override { std::filesystem::remove(path); }

  RevocationFile open(UnixMillis now = kNow) {
    auto opened = RevocationFile::open(path, now);
    EXPECT_TRUE(opened) << opened.error();
    return opened.value_or(RevocationFile());
  }
  static auth::Revocation of(std::string user_id, UnixMillis until = kNow + 1'000) {
    return {.user_id = std::move(user_id), .token_id = {}, .issued_before = kNow, .until = until};
  }
  std::string text() const {
    std::ifstream file(path);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }

  std::string path;
};

TEST_F(RevocationFileTest, WhatWasAppendedIsThereAgain) {
  RevocationFile file = open();
  EXPECT_TRUE(file.found().empty());
  ASSERT_TRUE(file.append(of("ann")));
  ASSERT_TRUE(file.append(of("bob")));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const RevocationFile again = open();
  ASSERT_EQ(again.found().size(), 2);
  EXPECT_EQ(again.found()[1].user_id, "bob");
}

TEST_F(RevocationFileTest, WhatIsOverGoesWithTheNextStart) {
  RevocationFile file = open();
  ASSERT_TRUE(file.append(of("ann", kNow + 10)));
  ASSERT_TRUE(file.append(of("bob", kNow + 1'000)));
  EXPECT_EQ(open(kNow + 10).found().size(), 1);
  EXPECT_EQ(text().find("ann"), std::string::npos);
}

TEST_F(RevocationFileTest, ALastLineThatWasCutOffIsDropped) {
  RevocationFile file = open();
  ASSERT_TRUE(file.append(of("ann")));
  const std::string whole = text();
  // Each open waits for the disk: some cuts, and all at the end.
  for (std::size_t bytes = 1; bytes < whole.size(); bytes += bytes + 4 < whole.size() ? 23 : 1) {
    std::ofstream(path, std::ios::trunc) << whole << whole.substr(0, bytes);
    const auto opened = RevocationFile::open(path, kNow);
    ASSERT_TRUE(opened) << bytes;
    // Without its newline only: nothing of it is missing.
    EXPECT_EQ(opened->found().size(), bytes + 1 == whole.size() ? 2 : 1) << bytes;
  }
}

TEST_F(RevocationFileTest, OthersThatCannotBeReadArePassedOverAndTold) {
  std::ofstream(path) << "nonsense\n" << auth::line_of(of("ann")) << "{}\n";
  const RevocationFile opened = open();
  EXPECT_EQ(opened.found().size(), 1);
  EXPECT_EQ(opened.unread(), (std::vector<std::size_t>{1, 3}));
}

TEST_F(RevocationFileTest, IsWrittenAnewWithWhatIsInForce) {
  RevocationFile file = open();
  auth::Revocations in_force;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(file.append(of("ann")));
    in_force.add(of("ann"), kNow);
  }
  EXPECT_EQ(file.lines(), 5);
  ASSERT_TRUE(file.keep_only(in_force));
  EXPECT_EQ(file.lines(), 1);
  EXPECT_EQ(open().found().size(), 1);
}

TEST_F(RevocationFileTest, WithoutAPathNothingIsWritten) {
  auto opened = RevocationFile::open("", kNow);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->append(of("ann")));
}

TEST_F(RevocationFileTest, WhatCannotBeWrittenIsSaid) {
  const std::string folder = path + ".d";
  std::filesystem::create_directory(folder);
  auto opened = RevocationFile::open(folder + "/r", kNow);
  ASSERT_TRUE(opened);
  std::filesystem::remove(folder);
  const auto appended = opened->append(of("ann"));
  ASSERT_FALSE(appended);
  EXPECT_TRUE(appended.error().starts_with(folder + "/r cannot be opened: ")) << appended.error();
}

TEST_F(RevocationFileTest, OnlyARegularFileIsRead) {
  EXPECT_EQ(RevocationFile::open("/dev/zero", kNow).error(), "/dev/zero is no regular file");
  EXPECT_EQ(RevocationFile::open("/", kNow).error(), "/ is no regular file");
}

}  // namespace
}  // namespace switchboard::server
