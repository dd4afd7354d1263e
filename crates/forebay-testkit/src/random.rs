//! Chance in integers: the same draws from the same seed on every platform and with every compiler.
//!
//! Library functions such as `exp` and `ln` differ in their last bit between platforms, and one such bit would shift
//! everything drawn after it. So nothing here is a float: bell curves are sums of uniform numbers, and the table of
//! counts comes from a series in fixed point.
//!
//! The source of bits is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
//! OOPSLA 2014): eight bytes of state, any seed is good, and streams are split off by number.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads every bit of `value` over all 64; different values stay different.
pub const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// What a sum of four 16-bit numbers is on average, and how far it strays (65536 / √3).
const BELL_MIDDLE: i64 = 2 * 65_535;
const BELL_SPREAD: i64 = 37_837;

impl Random {
    /// Stream number `stream` of a seed; streams of one seed have nothing to do with each other.
    pub const fn new(seed: u64, stream: u64) -> Random {
        Random { state: mix(mix(seed.wrapping_add(GAMMA)).wrapping_add(stream.wrapping_mul(GAMMA))) }
    }

    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// 0 to `end` − 1, and 0 where `end` is 0. The bias of at most `end` / 2⁶⁴ is beneath notice.
    pub fn below(&mut self, end: u32) -> u32 {
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u32
    }

    /// `low` to `high`, both included.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True `share` times in a million.
    pub fn per_million(&mut self, share: u32) -> bool {
        self.below(1_000_000) < share
    }

    /// How often something happens that is expected `per_million` times for each million of `population`: the
    /// whole part always, the rest by chance.
    pub fn occurrences(&mut self, per_million: u32, population: u32) -> u32 {
        let expected = u64::from(per_million) * u64::from(population);
        let rest = (expected % 1_000_000) as u32;
        (expected / 1_000_000) as u32 + u32::from(self.per_million(rest))
    }

    /// A number from a bell curve with this mean and standard deviation that ends at 3.46 deviations: the sum of
    /// four uniform numbers, all from one draw.
    pub fn bell(&mut self, mean: i64, spread: i64) -> i64 {
        let bits = self.bits();
        let sum: u64 = (0..4).map(|quarter| (bits >> (16 * quarter)) & 0xffff).sum();
        mean + (sum as i64 - BELL_MIDDLE) * spread / BELL_SPREAD
    }

    /// A Poisson count; the mean is given in sixteenths, up to 4 (64 sixteenths).
    pub fn count(&mut self, mean_16ths: u8) -> u32 {
        let draw = (self.bits() >> 32) as u32;
        let row = &COUNTS[usize::from(mean_16ths).min(MEANS - 1)];
        row.iter().take_while(|&&up_to| up_to <= draw).count() as u32
    }
}

/// Means from 0 to 4 in sixteenths.
const MEANS: usize = 65;
/// A mean of 4 gives more than 16 once in a million times; those become 16.
const MOST: usize = 16;

/// For each mean the share of counts that are at most 0, 1, 2, …, in 2³².
static COUNTS: [[u32; MOST]; MEANS] = poisson();

const fn poisson() -> [[u32; MOST]; MEANS] {
    const ONE: u128 = 1 << 60;
    // e^(−1/16) by its series; the terms vanish long before the twentieth.
    let (mut term, mut plus, mut minus, mut k) = (ONE, ONE, 0, 1);
    while k < 20 {
        term /= 16 * k;
        if k % 2 == 0 {
            plus += term
        } else {
            minus += term
        }
        k += 1;
    }
    let step = plus - minus;

    let mut table = [[0; MOST]; MEANS];
    let (mut mean, mut nothing) = (0, ONE);
    while mean < MEANS {
        let (mut share, mut up_to, mut count) = (nothing, 0, 0);
        while count < MOST {
            up_to += share;
            let bound = up_to >> 28;
            table[mean][count] = if bound > u32::MAX as u128 { u32::MAX } else { bound as u32 };
            count += 1;
            share = share * mean as u128 / (16 * count as u128);
        }
        nothing = (nothing * step) >> 60;
        mean += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many draws, in thousandths.
    fn moments(mut draw: impl FnMut(&mut Random) -> i64) -> (i64, i64) {
        let mut random = Random::new(5, 0);
        let draws: Vec<i64> = (0..200_000).map(|_| draw(&mut random)).collect();
        let n = draws.len() as i64;
        let mean = draws.iter().sum::<i64>() * 1_000 / n;
        let square = draws.iter().map(|draw| draw * draw).sum::<i64>() * 1_000 / n;
        (mean, square - mean * mean / 1_000)
    }

    #[track_caller]
    fn check(draw: impl FnMut(&mut Random) -> i64, mean: i64, variance: i64) {
        let (found_mean, found_variance) = moments(draw);
        // Four standard errors of the mean, in thousandths.
        let far = (16 * variance * 1_000 / 200_000).isqrt() + 1;
        assert!((found_mean - mean).abs() <= far, "mean {found_mean}, expected {mean}");
        assert!(
            (found_variance - variance).abs() <= variance / 50,
            "variance {found_variance}, expected {variance}"
        );
    }

    #[test]
    fn draws_have_the_moments_that_they_claim() {
        check(|random| i64::from(random.count(16)), 1_000, 1_000);
        check(|random| i64::from(random.count(64)), 4_000, 4_000);
        check(|random| i64::from(random.count(3)), 187, 187);
        check(|random| random.bell(0, 100), 0, 10_000_000);
        check(|random| i64::from(random.between(10, 19)), 14_500, 8_250);
        check(|random| i64::from(random.per_million(250_000)), 250, 187);
        check(|random| i64::from(random.occurrences(1_500, 1_000)), 1_500, 250);
    }

    #[test]
    fn the_bits_are_those_of_splitmix64() {
        // The published generator's first outputs from state 1234567.
        let mut random = Random { state: 1_234_567 };
        assert_eq!(
            [random.bits(), random.bits(), random.bits()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn streams_of_a_seed_differ() {
        assert_ne!(Random::new(1, 0).bits(), Random::new(1, 1).bits());
        assert_ne!(Random::new(1, 0).bits(), Random::new(2, 0).bits());
    }
}
