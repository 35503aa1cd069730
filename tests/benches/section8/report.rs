//! The table: what was measured, beside what it may cost.

const HEADER: [&str; 6] = ["work", "ours", "PostgreSQL's", "ratio", "budget", ""];

/// What a value, or its ratio to PostgreSQL's, may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Budget {
    AtMost(f64),
    AtLeast(f64),
}

impl Budget {
    fn verdict(self, value: f64) -> &'static str {
        let met = match self {
            Budget::AtMost(limit) => value <= limit,
            Budget::AtLeast(limit) => value >= limit,
        };
        if met { "met" } else { "MISSED" }
    }

    fn shown(self, show: impl Fn(f64) -> String) -> String {
        match self {
            Budget::AtMost(limit) => format!("at most {}", show(limit)),
            Budget::AtLeast(limit) => format!("at least {}", show(limit)),
        }
    }
}

/// The rows so far. Each is also told when it is added: a run that is cut off leaves what it measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<[String; 6]>,
}

impl Report {
    /// Judged by its ratio to PostgreSQL's, where that was measured.
    pub(crate) fn beside(
        &mut self,
        work: &str,
        unit: &str,
        ours: f64,
        theirs: Option<f64>,
        budget: Budget,
    ) {
        let ratio = theirs.map(|theirs| ours / theirs);
        self.add([
            work.to_owned(),
            shown(ours, unit),
            theirs.map_or_else(|| "absent".to_owned(), |theirs| shown(theirs, unit)),
            ratio.map_or_else(|| "-".to_owned(), shown_ratio),
            budget.shown(shown_ratio),
            ratio.map_or("unknown", |ratio| budget.verdict(ratio)).to_owned(),
        ]);
    }

    /// Judged by itself.
    pub(crate) fn alone(&mut self, work: &str, unit: &str, ours: f64, budget: Budget) {
        let limit = budget.shown(|limit| shown(limit, unit));
        let verdict = budget.verdict(ours).to_owned();
        self.add([
            work.to_owned(),
            shown(ours, unit),
            "-".to_owned(),
            "-".to_owned(),
            limit,
            verdict,
        ]);
    }

    /// Told, not judged.
    pub(crate) fn told(&mut self, work: &str, unit: &str, ours: f64, theirs: Option<f64>) {
        let beside = theirs.map_or_else(|| "-".to_owned(), |theirs| shown(theirs, unit));
        let ratio = theirs.map_or_else(|| "-".to_owned(), |theirs| shown_ratio(ours / theirs));
        self.add([
            work.to_owned(),
            shown(ours, unit),
            beside,
            ratio,
            "-".to_owned(),
            String::new(),
        ]);
    }

    fn add(&mut self, row: [String; 6]) {
        eprintln!("  measured: {}", row.join(" | "));
        self.rows.push(row);
    }

    /// The whole table.
    pub(crate) fn print(&self) {
        let header = HEADER.map(str::to_owned);
        let mut widths = [0; 6];
        for row in std::iter::once(&header).chain(&self.rows) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        println!();
        for row in std::iter::once(&header).chain(&self.rows) {
            let [work, ours, theirs, ratio, budget, verdict] = widths;
            let line = format!(
                "{:<work$}  {:>ours$}  {:>theirs$}  {:>ratio$}  {:<budget$}  {:<verdict$}",
                row[0], row[1], row[2], row[3], row[4], row[5]
            );
            println!("{}", line.trim_end());
        }
        let missed = self.rows.iter().filter(|row| row[5] == "MISSED").count();
        println!(
            "\n{missed} of {} budgets missed",
            self.rows.iter().filter(|row| !row[5].is_empty()).count()
        );
    }
}

fn shown_ratio(ratio: f64) -> String {
    format!("{ratio:.2}x")
}

fn shown(value: f64, unit: &str) -> String {
    let number = if value >= 1000.0 {
        grouped(value.round() as u64)
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    };
    format!("{number} {unit}")
}

/// 1,234,567
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
