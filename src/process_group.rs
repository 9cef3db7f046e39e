//! Processes in groups of their own, which end together with what they have started.

use std::process::{Child, Command, Stdio};

/// Starts a command in a group of its own.
#[cfg(unix)]
pub(crate) fn grouped(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// Starts a command in a group of its own, where there are groups.
#[cfg(not(unix))]
pub(crate) fn grouped(_: &mut Command) {}

/// What a shell does to kill the group of its argument. `kill` is a part of every shell, and not a
/// program on every machine.
#[cfg(unix)]
const KILL: &str = "kill -s KILL -- \"-$0\"";

/// A shell that runs a line, with the number of a process.
#[cfg(unix)]
fn shell(line: &str, id: u32) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line, &id.to_string()]);
    // The group may have ended, which is no error.
    shell.stdout(Stdio::null()).stderr(Stdio::null());
    shell
}

/// Kills the group of a process.
#[cfg(unix)]
pub(crate) fn kill_group(id: u32) {
    let _ = shell(KILL, id).stdin(Stdio::null()).status();
}

/// Kills the group of a process if this process ends, however it does: by a signal that it does not
/// handle, for instance.
#[derive(Debug)]
pub(crate) struct Guard(Option<Child>);

impl Guard {
    /// Watches over the group of a process. Without a shell there is no guard.
    #[cfg(unix)]
    pub fn new(id: u32) -> Guard {
        // Its input ends when this process does.
        let mut watching = shell(&format!("read -r line; {KILL}"), id);
        grouped(&mut watching);
        Guard(watching.stdin(Stdio::piped()).spawn().ok())
    }

    #[cfg(not(unix))]
    pub fn new(_: u32) -> Guard {
        Guard(None)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(shell) = &mut self.0 {
            let _ = shell.kill();
            let _ = shell.wait();
        }
    }
}

/// Kills the group of a process, where there are groups.
#[cfg(not(unix))]
pub(crate) fn kill_group(_: u32) {}
