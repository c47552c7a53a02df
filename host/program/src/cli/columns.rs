//! Rows in columns.

/// How wide columns have to be for these rows; they are never narrower than `before`.
pub(super) fn widened<const N: usize>(before: [usize; N], rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([before[column]]).max().unwrap_or(0)
    })
}

/// A row in columns so wide.
pub(super) fn line<const N: usize>(cells: &[impl AsRef<str>; N], widths: &[usize; N]) -> String {
    let cells = cells.iter().zip(widths);
    let padded: Vec<_> = cells
        .map(|(cell, width)| format!("{:<width$}", cell.as_ref()))
        .collect();
    padded.join("  ").trim_end().to_owned()
}

/// The names of the columns, and a line for each row.
pub(super) fn table<const N: usize>(
    heading: [&str; N],
    rows: &[[String; N]],
) -> (String, Vec<String>) {
    let widths = widened(heading.map(str::len), rows);
    let lines = rows.iter().map(|row| line(row, &widths));
    (line(&heading, &widths), lines.collect())
}
