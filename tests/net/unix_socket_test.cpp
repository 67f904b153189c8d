#include "net/unix_socket.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net/listener.h"

namespace switchboard::net {
namespace {

namespace fs = std::filesystem;

class UnixSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sock-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = folder / "s";
  }
  void TearDown() override { fs::remove_all(folder); }
  std::optional<UnixSocket> listen(mode_t mode = 0660) {
    auto socket = UnixSocket::listen(path, mode, 16);
    if (!socket) {
      error = socket.error();
      return std::nullopt;
    }
    return std::move(*socket);
  }
  FileDescriptor connect() {
    FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.reset();
    return fd;
  }

  fs::path folder, path;
  std::string error;
};

TEST_F(UnixSocketTest, IsThereWithItsPermissionsAndGoneAfterwards) {
  const mode_t before = ::umask(077);
  auto socket = listen(0666);
  ::umask(before);
  ASSERT_TRUE(socket) << error;
  struct stat status{};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777, 0666u) << "whatever the umask";
  EXPECT_TRUE(connect().is_open());
  socket.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(UnixSocketTest, TakesThePlaceOfOneThatNobodyListensOn) {
  auto first = listen();
  ASSERT_TRUE(first);
  fs::create_hard_link(path, folder / "kept");
  first.reset();
  fs::rename(folder / "kept", path);
  EXPECT_FALSE(connect().is_open());
  EXPECT_TRUE(listen()) << error;
}

TEST_F(UnixSocketTest, LeavesOneAloneThatSomebodyListensOn) {
  const auto first = listen();
  EXPECT_FALSE(listen());
  EXPECT_NE(error.find(path.string()), std::string::npos) << error;
  EXPECT_NE(error.find("another program listens there"), std::string::npos) << error;
  EXPECT_TRUE(connect().is_open());
}

TEST_F(UnixSocketTest, LeavesAnythingElseAlone) {
  std::ofstream(path) << "precious";
  EXPECT_FALSE(listen());
  EXPECT_NE(error.find("no socket"), std::string::npos) << error;
  EXPECT_EQ(fs::file_size(path), 8u);
}

TEST_F(UnixSocketTest, LeavesAFileThatHasTakenItsPlace) {
  auto old = listen();
  ASSERT_TRUE(old);
  fs::remove(path);
  const auto next = listen();
  ASSERT_TRUE(next);
  old.reset();
  EXPECT_TRUE(connect().is_open());
}

TEST_F(UnixSocketTest, PathsHaveAtMost107Bytes) {
  const std::string base = path.string();
  ASSERT_LT(base.size(), 107u);
  path = base + std::string(108 - base.size(), 'x');
  EXPECT_FALSE(listen());
  path = base + std::string(107 - base.size(), 'x');
  EXPECT_TRUE(listen()) << error;
}

TEST_F(UnixSocketTest, SharedListenersAcceptFromTheSameQueue) {
  const auto socket = listen();
  ASSERT_TRUE(socket);
  auto first = Listener::share(socket->fd(), {.send_buffer_bytes = 20'000});
  auto second = Listener::share(socket->fd(), {});
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->is_shared());
  const FileDescriptor a = connect(), b = connect();
  const Accepted one = first->accept();
  ASSERT_EQ(one.status, AcceptStatus::kAccepted);
  EXPECT_EQ(one.peer.to_string(), "unix");
  int bytes = 0;
  socklen_t length = sizeof bytes;
  ASSERT_EQ(getsockopt(one.socket.get(), SOL_SOCKET, SO_SNDBUF, &bytes, &length), 0);
  EXPECT_EQ(bytes, 40'000) << "the kernel doubles it";
  EXPECT_EQ(second->accept().status, AcceptStatus::kAccepted);
  EXPECT_EQ(first->accept().status, AcceptStatus::kNone);
  first->close();
  const FileDescriptor c = connect();
  EXPECT_EQ(second->accept().status, AcceptStatus::kAccepted) << "the other's hold stays";
}

}  // namespace
}  // namespace switchboard::net
