use std::sync::atomic::{AtomicUsize, Ordering};

/// Works off tickets, as long as there are any, beside the other workers.
pub(super) fn take_tickets(tickets: &AtomicUsize, total: usize, mut work: impl FnMut(usize)) {
    loop {
        let ticket = tickets.fetch_add(1, Ordering::Relaxed);
        if ticket >= total {
            return;
        }
        work(ticket);
    }
}

/// The node and its task that a ticket of a phase stands for.
pub(super) fn nth_task(members: &[usize], mut ticket: usize, tasks: impl Fn(usize) -> usize) -> (usize, usize) {
    for &node in members {
        let count = tasks(node);
        if ticket < count {
            return (node, ticket);
        }
        ticket -= count;
    }
    unreachable!("a ticket beyond the phase's tasks")
}
