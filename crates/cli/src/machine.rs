//! What the system says of machine and process. Where it says nothing (other systems than Linux), neither do we.

use std::fs;
use std::path::Path;

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

/// Memory that the process can have now: what the system has available, or the limit of a control group that the process
/// is in, whichever is smaller.
pub(crate) fn memory_bytes() -> Option<u64> {
    memory(&|path| fs::read_to_string(path).ok())
}

/// As [`memory_bytes`], from the kernel's files as `read` gives them.
fn memory(read: &dyn Fn(&Path) -> Option<String>) -> Option<u64> {
    let available = read(Path::new("/proc/meminfo")).and_then(|text| meminfo(&text));
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    // `NUMBER:CONTROLLERS:PATH`; version 2 is number 0 with no controllers and has one tree, version 1 one for each.
    let limits = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (number, controllers, group) = (fields.next()?, fields.next()?, fields.next()?);
        let (tree, file) = match (number, controllers) {
            ("0", "") => ("/sys/fs/cgroup", "memory.max"),
            (_, controllers) if controllers.split(',').any(|controller| controller == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => return None,
        };
        // A limit holds for all groups below it; within a container only the tree's root may be there to be read.
        let folder = Path::new(tree).join(group.trim_start_matches('/'));
        let above = folder.ancestors().take_while(|above| above.starts_with(tree));
        // `max` stands for no limit, and is no number.
        above.filter_map(|above| read(&above.join(file))?.trim().parse::<u64>().ok()).min()
    });
    available.into_iter().chain(limits).min()
}

/// What new programs can have without swapping; on kernels that do not say so, all there is.
fn meminfo(text: &str) -> Option<u64> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 = line.strip_prefix(':')?.split_whitespace().next()?.parse().ok()?;
        kibibytes.checked_mul(1024)
    };
    field("MemAvailable").or_else(|| field("MemTotal"))
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

    #[test]
    fn the_smallest_limit_on_memory_counts() {
        let meminfo = ("/proc/meminfo", "MemTotal:  8 kB\nMemFree:  1 kB\nMemAvailable:  4 kB\n");
        let version_2 = ("/proc/self/cgroup", "0::/a/b\n");
        let version_1 = ("/proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/a\n1:cpuset:/\n0::/\n");
        // The kernel's files by path, and what comes of them.
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<u64>);
        let cases: &[Case<'_>] = &[
            (&[], None),
            (&[("/proc/meminfo", "nothing")], None),
            (&[("/proc/meminfo", "MemTotal:  8 kB\n")], Some(8 * 1024)),
            (&[meminfo], Some(4 * 1024)),
            (&[meminfo, version_2], Some(4 * 1024)),
            (&[meminfo, version_2, ("/sys/fs/cgroup/a/b/memory.max", "max\n")], Some(4 * 1024)),
            (&[meminfo, version_2, ("/sys/fs/cgroup/a/b/memory.max", "100\n")], Some(100)),
            // Of a group above, and of a container that shows its root alone.
            (&[meminfo, version_2, ("/sys/fs/cgroup/a/memory.max", "200\n")], Some(200)),
            (&[meminfo, version_2, ("/sys/fs/cgroup/memory.max", "300\n")], Some(300)),
            (&[meminfo, version_2, ("/sys/fs/memory.max", "1\n")], Some(4 * 1024)),
            (&[version_1, ("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "400\n")], Some(400)),
            (&[meminfo, version_1, ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712")], Some(4096)),
        ];
        for (files, expected) in cases {
            let read = |path: &Path| {
                let file = files.iter().find(|(name, _)| Path::new(name) == path);
                file.map(|(_, text)| (*text).to_owned())
            };
            assert_eq!(memory(&read), *expected, "{files:?}");
        }
    }

    /// Whatever the system is: it says nothing, or what a training can live with.
    #[test]
    fn this_machine_has_memory() {
        assert!(memory_bytes().is_none_or(|bytes| bytes > 1 << 20));
        assert_eq!(memory_bytes().is_some(), cfg!(target_os = "linux"));
    }
}
