//! Who pays, and where: customers with habits, each with a handful of terminals within reach of home.
//!
//! The map is a square with whole-number coordinates. The reach shrinks as terminals get denser, so that a circle of
//! that radius holds about `AROUND` of them at any size of population. A customer lives near some terminal: people
//! live where shops are, and nobody is without one.

use crate::random::Random;

use super::Config;

#[derive(Debug)]
pub(super) struct Population {
    pub customers: Vec<Customer>,
    pub terminals: u32,
}

#[derive(Debug)]
pub(super) struct Customer {
    pub mean_cents: u32,
    /// Transactions a day, on average, in sixteenths.
    pub daily_16ths: u8,
    known: u8,
    terminals: [u32; KNOWN],
}

/// Terminals that a customer uses, at most.
const KNOWN: usize = 12;
/// Terminals within reach, on average.
const AROUND: u64 = 24;
/// Length of the map's edge.
const EDGE: u32 = 1 << 20;

impl Population {
    pub fn new(config: &Config, mut random: Random) -> Population {
        let places = Places::new(config.terminals, &mut random);
        let customers = (0..config.customers).map(|_| Customer::new(&places, &mut random)).collect();
        Population { customers, terminals: config.terminals }
    }

    /// Any terminal, wherever it is.
    pub fn anywhere(&self, random: &mut Random) -> u32 {
        random.below(self.terminals)
    }
}

impl Customer {
    fn new(places: &Places, random: &mut Random) -> Customer {
        let home = places.near_some_terminal(random);
        let mut customer = Customer {
            mean_cents: random.between(500, 10_000),
            daily_16ths: random.between(1, 64) as u8,
            known: 0,
            terminals: [0; KNOWN],
        };
        // Each of those within reach is as likely as any other to be among the known ones (reservoir sampling).
        let mut seen = 0;
        places.within_reach(home, |terminal| {
            let at = if seen < KNOWN as u32 { seen } else { random.below(seen + 1) };
            if let Some(slot) = customer.terminals.get_mut(at as usize) {
                *slot = terminal;
            }
            seen += 1;
        });
        customer.known = seen.min(KNOWN as u32) as u8;
        customer
    }

    /// One of the usual terminals, the first ones more often.
    pub fn usual_terminal(&self, random: &mut Random) -> u32 {
        let (one, other) = (random.below(self.known.into()), random.below(self.known.into()));
        self.terminals[one.min(other) as usize]
    }

    /// An amount as this customer spends it.
    pub fn usual_cents(&self, random: &mut Random) -> u32 {
        let mean = i64::from(self.mean_cents);
        let cents = random.bell(mean, mean / 2);
        if cents >= 50 { cents as u32 } else { random.between(50, 2 * self.mean_cents) }
    }
}

type Point = (u32, u32);

/// Terminals on the map, in cells as wide as the reach: all within reach lie in a cell or the eight around it.
struct Places {
    at: Vec<Point>,
    reach: u32,
    cells_a_side: u32,
    /// Terminals sorted by cell, and where each cell begins among them.
    by_cell: Vec<u32>,
    begins: Vec<u32>,
}

impl Places {
    fn new(terminals: u32, random: &mut Random) -> Places {
        // reach² × π × terminals = AROUND × EDGE², with 355/113 for π.
        let square = AROUND * u64::from(EDGE) * u64::from(EDGE) / u64::from(terminals) * 113 / 355;
        let reach = (square.isqrt() as u32).clamp(1, EDGE);
        let cells_a_side = EDGE / reach;
        let at: Vec<Point> = (0..terminals).map(|_| (random.below(EDGE), random.below(EDGE))).collect();
        let mut places = Places { at, reach, cells_a_side, by_cell: Vec::new(), begins: Vec::new() };
        places.sort_into_cells();
        places
    }

    fn sort_into_cells(&mut self) {
        let mut by_cell: Vec<u32> = (0..self.at.len() as u32).collect();
        by_cell.sort_by_key(|&terminal| self.cell_of(terminal));
        let cells = self.cells_a_side * self.cells_a_side;
        self.begins = (0..=cells)
            .map(|cell| by_cell.partition_point(|&terminal| self.cell_of(terminal) < cell) as u32)
            .collect();
        self.by_cell = by_cell;
    }

    fn cell_of(&self, terminal: u32) -> u32 {
        let (x, y) = self.at[terminal as usize];
        self.row(y) * self.cells_a_side + self.row(x)
    }

    /// Row or column of cells; the last one is wider by what the division leaves over.
    fn row(&self, coordinate: u32) -> u32 {
        (coordinate / self.reach).min(self.cells_a_side - 1)
    }

    /// A point from which at least one terminal is within reach.
    fn near_some_terminal(&self, random: &mut Random) -> Point {
        let (x, y) = self.at[random.below(self.at.len() as u32) as usize];
        // A step of half the reach in each direction stays within it.
        let mut step =
            |from: u32| (from + random.below(self.reach)).saturating_sub(self.reach / 2).min(EDGE - 1);
        (step(x), step(y))
    }

    fn within_reach(&self, home: Point, mut found: impl FnMut(u32)) {
        let last = self.cells_a_side - 1;
        let around = |row: u32| row.saturating_sub(1)..=(row + 1).min(last);
        let reach_squared = u64::from(self.reach) * u64::from(self.reach);
        for row in around(self.row(home.1)) {
            for column in around(self.row(home.0)) {
                let cell = (row * self.cells_a_side + column) as usize;
                for &terminal in &self.by_cell[self.begins[cell] as usize..self.begins[cell + 1] as usize] {
                    if distance_squared(home, self.at[terminal as usize]) <= reach_squared {
                        found(terminal);
                    }
                }
            }
        }
    }
}

fn distance_squared(one: Point, other: Point) -> u64 {
    let square = |a: u32, b: u32| u64::from(a.abs_diff(b)).pow(2);
    square(one.0, other.0) + square(one.1, other.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_terminals_and_all_of_them_are_within_reach() {
        for terminals in [1, 2, 30, 1_000, 20_000] {
            let mut random = Random::new(3, 0);
            let places = Places::new(terminals, &mut random);
            for _ in 0..200 {
                let home = places.near_some_terminal(&mut random);
                let mut found = Vec::new();
                places.within_reach(home, |terminal| found.push(terminal));
                found.sort();
                let reach_squared = u64::from(places.reach).pow(2);
                let expected: Vec<u32> = (0..terminals)
                    .filter(|&terminal| distance_squared(home, places.at[terminal as usize]) <= reach_squared)
                    .collect();
                assert_eq!(found, expected, "{terminals} terminals, home {home:?}");
                assert!(!found.is_empty(), "{terminals} terminals, home {home:?}");
            }
        }
    }
}
