//! Waiting longer after each failure, up to a limit, and from the start again after a success.

/// Doubling waits between a first and a longest one, nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first_ns: i64,
    longest_ns: i64,
    next_ns: i64,
    failures: u32,
}

impl Backoff {
    pub fn new(first_ns: i64, longest_ns: i64) -> Backoff {
        Backoff { first_ns, longest_ns, next_ns: first_ns, failures: 0 }
    }

    /// How long to wait after one more failure.
    pub fn fail(&mut self) -> i64 {
        let wait = self.next_ns;
        self.next_ns = (self.next_ns.saturating_mul(2)).min(self.longest_ns);
        self.failures += 1;
        wait
    }

    /// It worked: forget the failures.
    pub fn succeed(&mut self) {
        *self = Backoff::new(self.first_ns, self.longest_ns);
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn waits_double_up_to_the_limit_and_start_again_after_a_success() {
        let mut backoff = Backoff::new(100, 350);
        assert_eq!([backoff.fail(), backoff.fail(), backoff.fail(), backoff.fail()], [100, 200, 350, 350]);
        backoff.succeed();
        assert_eq!((backoff.fail(), backoff.failures()), (100, 1));
    }
}
