//! A terminal that is drawn on as a whole and read key by key. What was on it comes back at the end, however that comes.

use std::io::{self, IsTerminal, Read};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::output::print;

pub struct Screen {
    /// How keys were read before; `None` where they do not come from a terminal.
    keys: Option<Termios>,
}

/// Another screen, without a cursor; and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// Ctrl-C and Ctrl-D, where the terminal makes no signal of them.
const LEAVING: [u8; 4] = [b'q', b'Q', 3, 4];

impl Screen {
    /// `None` where output is no terminal.
    pub fn open() -> Option<Screen> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let keys = tcgetattr(io::stdin()).ok().filter(|_| io::stdin().is_terminal());
        if let Some(before) = &keys {
            let mut single = before.clone();
            single.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &single);
        }
        print(ENTER);
        Some(Screen { keys })
    }

    /// Draws a text over what there was; what does not fit is cut.
    pub fn draw(&mut self, text: &str) {
        let size =
            tcgetwinsize(io::stdout()).map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()));
        let (columns, rows): (usize, usize) = if size.0 == 0 { (80, 24) } else { size };
        let mut out = String::from("\x1b[H");
        let help = "q ends this, not the pipeline";
        for line in text.lines().take(rows.saturating_sub(1)) {
            out.push_str(&format!("{}\x1b[K\r\n", cut(line, columns)));
        }
        out.push_str(&format!("\x1b[J\x1b[{rows};1H\x1b[2m{}\x1b[0m", cut(help, columns)));
        print(&out);
    }

    /// Waits for so long, or until somebody wants to leave.
    pub fn is_left_within(&mut self, at_most: Duration) -> bool {
        if self.keys.is_none() {
            std::thread::sleep(at_most.min(Duration::from_millis(50)));
            return false;
        }
        let stdin = io::stdin();
        let limit = Timespec { tv_sec: at_most.as_secs() as i64, tv_nsec: i64::from(at_most.subsec_nanos()) };
        let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
        if !poll(&mut ready, Some(&limit)).is_ok_and(|ready| ready > 0) {
            return false;
        }
        let mut keys = [0; 64];
        // A terminal that is gone wants nothing more.
        let read = stdin.lock().read(&mut keys).unwrap_or(0);
        read == 0 || keys[..read].iter().any(|key| LEAVING.contains(key))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        print(LEAVE);
        if let Some(before) = &self.keys {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// The first characters of a line that are seen; colours take no room.
fn cut(line: &str, columns: usize) -> String {
    let (mut out, mut seen, mut in_colour) = (String::new(), 0, false);
    for c in line.chars() {
        in_colour |= c == '\x1b';
        if !in_colour && seen == columns {
            return out + "\x1b[0m";
        }
        seen += usize::from(!in_colour);
        in_colour &= c != 'm';
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_by_what_is_seen_of_it() {
        let check = |line: &str, columns: usize, expect: &str| assert_eq!(cut(line, columns), expect);
        check("abc", 3, "abc");
        check("abcd", 3, "abc\x1b[0m");
        check("\x1b[1mab\x1b[0mc", 3, "\x1b[1mab\x1b[0mc");
        check("\x1b[1mabc\x1b[0md", 2, "\x1b[1mab\x1b[0m");
    }
}
