#include "server/data_directory.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace switchboard::server {
namespace {

class DataDirectoryTest : public testing::Test {
 protected:
  DataDirectoryTest()
      : root(std::filesystem::path(testing::TempDir()) /
             ("data_directory_test." + std::to_string(getpid()) + "." +
              testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(root);
  }
  ~DataDirectoryTest() override { std::filesystem::remove_all(root); }

  std::filesystem::path root;
};

TEST_F(DataDirectoryTest, IsCreatedForItsOwnerOnly) {
  const std::string path = root / "a" / "b";
  const auto directory = DataDirectory::open(path);
  ASSERT_TRUE(directory) << directory.error();
  EXPECT_EQ(directory->path(), path);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
}

TEST_F(DataDirectoryTest, ASecondServerIsRefusedUntilTheFirstIsGone) {
  std::optional<DataDirectory> first;
  {
    auto opened = DataDirectory::open(root);
    ASSERT_TRUE(opened);
    first.emplace(std::move(*opened));
  }
  const auto second = DataDirectory::open(root);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("another server is using it"), std::string::npos) << second.error();
  EXPECT_NE(second.error().find("--data"), std::string::npos);
  first.reset();
  EXPECT_TRUE(DataDirectory::open(root));
}

TEST_F(DataDirectoryTest, IsMadeAndLockedAgainWhenItWasTakenAway) {
  const std::string path = root / "data";
  auto directory = DataDirectory::open(path);
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->hold(), std::nullopt);
  std::filesystem::remove_all(path);
  EXPECT_EQ(directory->hold(), std::nullopt);
  EXPECT_FALSE(DataDirectory::open(path));
  std::filesystem::rename(path, root / "elsewhere");
  EXPECT_EQ(directory->hold(), std::nullopt);
  EXPECT_FALSE(DataDirectory::open(path));
  std::filesystem::remove(path + "/lock");
  EXPECT_EQ(directory->hold(), std::nullopt);
  EXPECT_FALSE(DataDirectory::open(path));
}

TEST_F(DataDirectoryTest, ThatAnotherServerHasTakenIsNotTakenBack) {
  const std::string path = root / "data";
  auto directory = DataDirectory::open(path);
  ASSERT_TRUE(directory);
  std::filesystem::remove_all(path);
  std::optional<DataDirectory> second;
  {
    auto opened = DataDirectory::open(path);
    ASSERT_TRUE(opened);
    second.emplace(std::move(*opened));
  }
  ASSERT_TRUE(directory->hold().has_value());
  EXPECT_NE(directory->hold()->find("another server is using it"), std::string::npos);
  second.reset();
  EXPECT_EQ(directory->hold(), std::nullopt);
}

TEST_F(DataDirectoryTest, APathThatIsNoDirectoryIsRefused) {
  EXPECT_FALSE(DataDirectory::open("/dev/null/data"));
}

}  // namespace
}  // namespace switchboard::server
