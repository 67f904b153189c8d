// Standard input, output and error as every command needs them: open, and what was printed has arrived.
#pragma once

namespace switchboard::cli {

/// Puts something in the place of a standard stream that is closed: else the next file or socket that is opened would
/// get its number, and log lines would be written into it. Reading and writing fail as before. First of all.
void fill_closed_streams();

/// What a command that would exit with `exit_code` exits with: kExitFailure, after a word on standard error, when not
/// all that it printed could be written. Last of all.
int finish_output(int exit_code);

}  // namespace switchboard::cli
