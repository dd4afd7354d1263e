//! The hash of a key: decides the shard, and so the lane, where a record's state lives. Its algorithm is fixed, since
//! saved state depends on it: XXH3 (64 bits, seed 0) over the key's columns one after the other, integers,
//! decimals, times and booleans as eight bytes (little endian, sign-extended), texts and bytes as their length in eight
//! bytes and their content; of several columns each hash is the seed of the next.

use forebay_batch::{Batch, Col};
use forebay_types::{Addr, Ty};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Appends nothing and forgets what was there: `out[row - hull.start]` becomes the hash of each row of the batch's hull.
/// Keys are never absent: the plan refuses columns that may be.
pub fn hash_keys(batch: &Batch, key: &[(Addr, Ty)], out: &mut Vec<u64>) {
    let hull = batch.rows().hull();
    out.clear();
    out.resize(hull.len(), 0);
    for (addr, ty) in key {
        hash_column(batch.col(*addr), ty.inner(), hull.clone(), out);
    }
}

fn hash_column(col: &Col, ty: &Ty, hull: std::ops::Range<usize>, out: &mut [u64]) {
    match ty {
        Ty::String | Ty::Bytes => {
            let view = col.var();
            for (row, hash) in hull.zip(out) {
                let text = view.get(row);
                *hash = xxh3_64_with_seed(text, one(text.len() as u64, *hash));
            }
        }
        Ty::Bool | Ty::U8 => fixed::<u8>(col, hull, out, |v| v.into()),
        Ty::I8 => fixed::<i8>(col, hull, out, |v| v as i64 as u64),
        Ty::I16 => fixed::<i16>(col, hull, out, |v| v as i64 as u64),
        Ty::I32 | Ty::Date => fixed::<i32>(col, hull, out, |v| v as i64 as u64),
        Ty::U16 => fixed::<u16>(col, hull, out, |v| v.into()),
        Ty::U32 => fixed::<u32>(col, hull, out, |v| v.into()),
        Ty::I64 | Ty::U64 | Ty::Decimal(_) | Ty::Timestamp(_) | Ty::Duration => {
            fixed::<u64>(col, hull, out, |v| v);
        }
        other => panic!("the plan lets no {other} be a key"),
    }
}

/// Whether a column of this type can be a key, or part of one.
pub fn can_be_key(ty: &Ty) -> bool {
    matches!(
        ty,
        Ty::String | Ty::Bytes | Ty::Bool | Ty::Decimal(_) | Ty::Timestamp(_) | Ty::Date | Ty::Duration
    ) || ty.is_integer()
}

/// The same hash of a key whose columns are all kept in eight bytes, sign-extended.
pub fn hash_words(key: &[u64]) -> u64 {
    key.iter().fold(0, |seed, word| one(*word, seed))
}

fn one(value: u64, seed: u64) -> u64 {
    xxh3_64_with_seed(&value.to_le_bytes(), seed)
}

fn fixed<T: bytemuck::Pod>(
    col: &Col,
    hull: std::ops::Range<usize>,
    out: &mut [u64],
    word: impl Fn(T) -> u64,
) {
    for (value, hash) in col.fixed::<T>()[hull].iter().zip(out) {
        *hash = one(word(*value), *hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn hashes(columns: &str, table: &str) -> Vec<u64> {
        let schema = testing::schema(columns);
        let key: Vec<_> = schema.columns.iter().map(|column| (column.addr, column.ty.clone())).collect();
        let mut out = Vec::new();
        hash_keys(&testing::batch(&schema, table, 0), &key, &mut out);
        out
    }

    /// Saved state depends on these numbers: they never change.
    #[test]
    fn the_hash_is_fixed() {
        assert_eq!(hashes("k: u64", "k\n7"), [xxh3_64_with_seed(&7u64.to_le_bytes(), 0)]);
        assert_eq!(hashes("k: i32", "k\n-7"), hashes("k: i64", "k\n-7"));
        assert_eq!(hashes("k: u64", "k\n7"), [0x8167_1e58_d6b5_96af]);
        assert_eq!(hashes("k: u64, l: i8", "k | l\n7 | -1"), [hash_words(&[7, u64::MAX])]);
    }

    #[test]
    fn the_border_between_columns_counts() {
        let two = hashes("a: string, b: string", "a | b\nab | c\na | bc");
        assert_ne!(two[0], two[1]);
    }
}
