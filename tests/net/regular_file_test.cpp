#include "net/regular_file.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net/file_descriptor.h"

namespace switchboard::net {
namespace {

class RegularFileTest : public testing::Test {
 protected:
  RegularFileTest() {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~RegularFileTest() override { std::filesystem::remove_all(directory_); }

  std::string write(std::size_t size) {
    std::ofstream(path_, std::ios::binary) << std::string(size, 'x');
    return path_;
  }
  static std::string error(const std::string& path) {
    const auto text = read_regular_file(path);
    return text ? "none" : text.error();
  }

  const std::string directory_ =
      testing::TempDir() + "regular_file_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = directory_ + "/it";
};

TEST_F(RegularFileTest, IsReadWhole) {
  EXPECT_EQ(read_regular_file(write(0)), "");
  EXPECT_EQ(read_regular_file(write(100'000)), std::string(100'000, 'x'));
  std::filesystem::create_symlink(path_, directory_ + "/link");
  EXPECT_EQ(read_regular_file(directory_ + "/link")->size(), 100'000u);
}

TEST_F(RegularFileTest, AFileWithoutASizeIsRead) {
  const auto text = read_regular_file("/proc/self/status");
  ASSERT_TRUE(text) << text.error();
  EXPECT_TRUE(text->starts_with("Name:"));
}

TEST_F(RegularFileTest, IsBounded) {
  for (const std::size_t size : {kRegularFileBytesMax - 1, kRegularFileBytesMax})
    EXPECT_EQ(read_regular_file(write(size))->size(), size);
  EXPECT_EQ(error(write(kRegularFileBytesMax + 1)), "is larger than 1 MiB");
}

TEST_F(RegularFileTest, WhatIsNoFileIsCalledByItsName) {
  EXPECT_EQ(error(directory_ + "/none"), "cannot be read: No such file or directory");
  EXPECT_EQ(error(directory_), "is a directory, not a file");
  EXPECT_EQ(error("/dev/zero"), "is a device, not a file");
  EXPECT_EQ(error("/dev/null"), "is a device, not a file");
}

TEST_F(RegularFileTest, APipeThatNobodyWritesToIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(error(path_), "is a pipe (FIFO), not a file");
}

TEST_F(RegularFileTest, ASocketIsNoFile) {
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path_.size(), sizeof address.sun_path);
  path_.copy(address.sun_path, path_.size());
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(error(path_), "is a socket, not a file");
}

}  // namespace
}  // namespace switchboard::net
