//! What the system says of machine and process. Where it says nothing (other systems than Linux), neither do we.

use std::fs;

/// Clock ticks of a second in `/proc`: a constant of the kernel's interface to programs on all machines that we run on.
const TICKS_PER_SECOND: f64 = 100.0;

/// The machine: its processor, how many cores the process may use, the system. It stands in pages of every language, and so
/// has no words.
pub(crate) fn describe() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| processor(&text));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    match processor {
        Some(processor) => format!("{processor} × {cores}, {system}"),
        None => format!("{system} × {cores}"),
    }
}

/// CPU time of the process, all threads, in seconds.
pub(crate) fn cpu_seconds() -> Option<f64> {
    ticks(&fs::read_to_string("/proc/self/stat").ok()?).map(|ticks| ticks as f64 / TICKS_PER_SECOND)
}

/// Largest resident memory of the process.
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    peak(&fs::read_to_string("/proc/self/status").ok()?)
}

fn processor(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    let (_, name) = line.split_once(':')?;
    // Some fill the name up with blanks.
    let words: Vec<&str> = name.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// User and system time, fields 14 and 15; the program's name, field 2, may hold blanks and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        assert_eq!(processor("processor : 0\nmodel name\t: A  B (R)\n").as_deref(), Some("A B (R)"));
        assert_eq!(processor("processor : 0\n"), None);
        assert_eq!(ticks("7 (a) b) R 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20"), Some(300));
        assert_eq!(ticks("nothing"), None);
        assert_eq!(peak("VmPeak:\t 9 kB\nVmHWM:\t   96 kB\n"), Some(96 * 1024));
        assert_eq!(peak("VmHWM:\n"), None);
    }
}
