//! Sorting of short lists. The standard library's sort is made for long ones and weighs some 7 KB for each type that is
//! sorted, which for half a hundred types is a thirtieth of the program. What may be long (a report's evidence, names to
//! redact, many reports) is sorted by the standard library.

use std::cmp::Ordering;

/// Collecting into a map or set of the standard library that is kept in order, which itself would sort first.
pub trait Gather: Iterator + Sized {
    /// Puts in one after the other: of equal keys the last one stays.
    fn gather<C: Default + Extend<Self::Item>>(self) -> C {
        let mut all = C::default();
        all.extend(self);
        all
    }
}

impl<I: Iterator> Gather for I {}

/// Sorts in place by insertion, and keeps equals in their order: for a few dozen things, or for what is nearly in order.
pub trait SmallSort<T> {
    /// Sorts by a comparison.
    fn small_sort_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// Sorts by a key.
    fn small_sort_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.small_sort_by(|a, b| key(a).cmp(&key(b)));
    }

    /// Sorts by the order that the things have themselves.
    fn small_sort(&mut self)
    where
        T: Ord,
    {
        self.small_sort_by(T::cmp);
    }
}

impl<T> SmallSort<T> for [T] {
    fn small_sort_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        for end in 1..self.len() {
            let mut at = end;
            while at > 0 && compare(&self[at - 1], &self[at]) == Ordering::Greater {
                self.swap(at - 1, at);
                at -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(list: Vec<(u8, u8)>) {
            let (mut ours, mut theirs) = (list.clone(), list.clone());
            ours.small_sort_by_key(|(key, _)| key % 8);
            theirs.sort_by_key(|(key, _)| key % 8);
            proptest::prop_assert_eq!(&ours, &theirs);
            ours.small_sort();
            theirs.sort();
            proptest::prop_assert_eq!(ours, theirs);
        }
    }
}
