//! Times as text, fast: the inner loop of every export writes one to three a row.

/// Times as text, with the date of the last one remembered: neighbours mostly share it.
#[derive(Debug, Default, Clone)]
pub(super) struct DayCache {
    day: Option<i64>,
    text: Vec<u8>,
}

impl DayCache {
    /// Appends `2026-02-03T09:14:07.000000Z`.
    pub(super) fn write(&mut self, micros: i64, out: &mut Vec<u8>) {
        const DAY: i64 = 86_400_000_000;
        let (day, in_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        if self.day != Some(day) {
            let text = domain::time_range::utc_text(day * DAY);
            self.text =
                text.split_once('T').map_or(Vec::new(), |(date, _)| date.as_bytes().to_vec());
            self.day = Some(day);
        }
        let (seconds, fraction) = (in_day / 1_000_000, in_day % 1_000_000);
        out.extend_from_slice(&self.text);
        let mut clock = *b"T00:00:00.000000Z";
        let digits = [
            (1, seconds / 3600, 2),
            (4, seconds / 60 % 60, 2),
            (7, seconds % 60, 2),
            (10, fraction, 6),
        ];
        for (at, mut number, width) in digits {
            for place in (at..at + width).rev() {
                clock[place] = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        out.extend_from_slice(&clock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_slow_way_writes_them() {
        let mut cache = DayCache::default();
        for micros in [
            0,
            1,
            -1,
            86_399_999_999,
            86_400_000_000,
            1_775_000_000_123_456,
            -62_135_596_800_000_000,
        ] {
            let mut out = Vec::new();
            cache.write(micros, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), domain::time_range::utc_text(micros));
        }
    }
}
