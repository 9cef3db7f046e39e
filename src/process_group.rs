//! Processes in groups of their own, which end together with what they have started.

use std::process::Command;

/// Starts a command in a group of its own.
#[cfg(unix)]
pub(crate) fn grouped(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// Starts a command in a group of its own, where there are groups.
#[cfg(not(unix))]
pub(crate) fn grouped(_: &mut Command) {}

/// Kills the group of a process.
#[cfg(unix)]
pub(crate) fn kill_group(id: u32) {
    let group = format!("-{id}");
    let mut kill = Command::new("kill");
    kill.args(["-KILL", "--", &group]);
    // The group may have ended, which is no error.
    kill.stderr(std::process::Stdio::null());
    let _ = kill.status();
}

/// Kills the group of a process, where there are groups.
#[cfg(not(unix))]
pub(crate) fn kill_group(_: u32) {}
