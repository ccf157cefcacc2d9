//! The thin binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    cagekeeper::cli::main()
}
