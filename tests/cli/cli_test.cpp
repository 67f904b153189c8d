// The binary as a person at a terminal meets it: what it prints and what it exits with.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>

namespace switchboard::cli {
namespace {

struct Outcome {
  int exit_code;
  std::string output;  // standard output and error together
};

/// Runs the binary in an empty directory without any SWITCHBOARD_* variable but those given in front.
Outcome run(const std::string& arguments, const std::string& variables = "") {
  const std::filesystem::path directory = testing::TempDir() + "switchboard_cli_test";
  std::filesystem::create_directories(directory);
  const std::string command = "cd '" + directory.string() + "' && env -i " + variables + " '" SWITCHBOARD_BINARY "' " +
                              arguments + " 2>&1 </dev/null";
  std::FILE* pipe = popen(command.c_str(), "r");
  Outcome outcome{-1, ""};
  std::array<char, 4096> buffer;
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.output.append(buffer.data(), count);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class CliFile : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string path_ = testing::TempDir() + "cli_" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST(Cli, WithoutArgumentsPrintsHelpAndExits2) {
  const Outcome outcome = run("");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(contains(outcome.output, "Usage: switchboard COMMAND")) << outcome.output;
}

TEST(Cli, HelpListsEveryCommand) {
  for (const char* spelling : {"--help", "-h", "help"}) {
    const Outcome outcome = run(spelling);
    EXPECT_EQ(outcome.exit_code, 0);
    for (const char* command : {"\n  serve ", "\n  check ", "\n  config ", "\n  echo ", "\n  version "}) {
      EXPECT_TRUE(contains(outcome.output, command)) << command;
    }
  }
}

TEST(Cli, EveryCommandExplainsItself) {
  for (const char* command : {"serve", "check", "config", "echo", "version"}) {
    const Outcome outcome = run(std::string(command) + " --help");
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(contains(outcome.output, std::string("Usage: switchboard ") + command)) << outcome.output;
  }
}

TEST(Cli, UnknownCommandNamesTheNearest) {
  const Outcome outcome = run("srve");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(contains(outcome.output, "unknown command srve; did you mean serve?")) << outcome.output;
}

TEST(Cli, UnknownFlagNamesTheNearest) {
  for (const char* arguments : {"serve --lisen :1", "serve --lisen=:1"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(contains(outcome.output, "did you mean --listen?")) << outcome.output;
  }
}

TEST(Cli, FlagWithoutItsValueAndStrayArgumentsAreUsageErrors) {
  EXPECT_EQ(run("serve --shards").exit_code, 2);
  EXPECT_EQ(run("serve now").exit_code, 2);
  EXPECT_EQ(run("check").exit_code, 2);
}

TEST(Cli, ServeReportsEveryConfigurationProblemAndExits1) {
  const Outcome outcome = run("serve --shards 65 --set limits.errors_max=0", "SWITCHBOARD_LOG_LEVEL=loud");
  EXPECT_EQ(outcome.exit_code, 1);
  for (const char* part : {"--shards: `server.shards` is 65", "--set limits.errors_max: `limits.errors_max` is 0",
                           "SWITCHBOARD_LOG_LEVEL: `log.level` is \"loud\""}) {
    EXPECT_TRUE(contains(outcome.output, part)) << outcome.output;
  }
}

TEST(Cli, ConfigPrintsWhatIsInForce) {
  const Outcome outcome = run("config --set server.shards=3", "SWITCHBOARD_SERVER_DRAIN_MS=7");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(contains(outcome.output, "\nshards = 3\n"));
  EXPECT_TRUE(contains(outcome.output, "\ndrain_ms = 7\n"));
}

TEST(Cli, ConfigTakesTheFlagsOfServe) {
  const Outcome outcome = run(
      "config --listen 127.0.0.1:9000 --listen '[::1]:9000' --ops off --shards 2 --data '' --no-demo --log-level warn "
      "--log-format json",
      "SWITCHBOARD_SERVER_SHARDS=3");
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* part : {"\nlisten = [\"127.0.0.1:9000\", \"[::1]:9000\"]\n", "\nops = \"off\"\n", "\nshards = 2\n",
                           "\ndata = \"\"\n", "\ndemo = false\n", "\nlevel = \"warn\"\n", "\nformat = \"json\"\n"}) {
    EXPECT_TRUE(contains(outcome.output, part)) << part << outcome.output;
  }
}

TEST(Cli, ConfigAndServeComplainOfFlagsInTheSameWords) {
  const Outcome config = run("config --shards 65 --listen nowhere");
  EXPECT_EQ(config.exit_code, 1);
  EXPECT_EQ(config.output, run("serve --shards 65 --listen nowhere").output);
}

TEST_F(CliFile, WhatIsNoFileIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const std::string problem = ": is a pipe (FIFO), not a file\n";
  for (const char* command : {"check ", "config --config ", "serve --config "}) {
    const Outcome outcome = run(command + ("'" + path_ + "'"));
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.output, path_ + problem) << command;
  }
  EXPECT_EQ(run("config", "SWITCHBOARD_CONFIG='" + path_ + "'").output, path_ + problem);
  EXPECT_EQ(run("check /dev/zero").output, "/dev/zero: is a device, not a file\n");
  EXPECT_EQ(run("check /").output, "/: is a directory, not a file\n");
}

TEST(Cli, ConfigRefusesWhatServeWouldRefuse) {
  EXPECT_EQ(run("config --set a.b=3").exit_code, 1);
  EXPECT_EQ(run("config --config /nonexistent/file").exit_code, 1);
}

TEST_F(CliFile, ConfigFileComesFromTheFlagElseFromTheVariable) {
  const std::string file = write("[server]\nshards = 5\n");
  EXPECT_TRUE(contains(run("config --config '" + file + "'").output, "\nshards = 5\n"));
  EXPECT_TRUE(contains(run("config", "SWITCHBOARD_CONFIG='" + file + "'").output, "\nshards = 5\n"));
  EXPECT_TRUE(contains(run("config --config '" + file + "'", "SWITCHBOARD_CONFIG=/nonexistent").output, "shards = 5"));
}

TEST_F(CliFile, CheckAcceptsAGoodFileWhateverTheEnvironment) {
  EXPECT_EQ(run("check '" + write("[server]\nshards = 5\n") + "'", "SWITCHBOARD_X=1").exit_code, 0);
}

TEST_F(CliFile, CheckPrintsProblemsWithTheirLines) {
  const std::string file = write("[server]\nshard = 5\npaths = []\n");
  const Outcome outcome = run("check '" + file + "'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.output, file + ":2: unknown key `server.shard`; did you mean `shards`?\n" + file +
                                ":3: `server.paths` is empty; it needs at least one entry\n");
}

TEST(Cli, VersionNamesTheProgramItsCompilerAndLibraries) {
  for (const char* spelling : {"version", "--version"}) {
    const Outcome outcome = run(spelling);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(outcome.output.starts_with("switchboard ")) << outcome.output;
    EXPECT_TRUE(contains(outcome.output, "\ncompiler ")) << outcome.output;
    EXPECT_TRUE(contains(outcome.output, "\nopenssl ")) << outcome.output;
  }
}

}  // namespace
}  // namespace switchboard::cli
