//! Tables that read well as text and as Markdown.

/// A table of text.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// One with these columns and no rows.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let header = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { rows: vec![header] }
    }

    /// Adds a row; what would break the table is replaced.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells
            .into_iter()
            .map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        self.rows.push(cells.collect());
    }

    /// The table, with cells padded so that columns stand below each other.
    pub(crate) fn markdown(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut lines = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            lines.push(line(row, &widths));
            if number == 0 {
                let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                lines.push(line(&dashes, &widths));
            }
        }
        lines.join("\n") + "\n"
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let cells = widths.iter().enumerate().map(|(column, width)| {
        let cell = cells.get(column).map_or("", String::as_str);
        format!("{cell:<width$}")
    });
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_and_no_cell_breaks_the_table() {
        let mut table = Table::new(&["what", "µs"]);
        table.row(["a | b".to_owned(), "7.5".to_owned()]);
        table.row(["short".to_owned()]);
        let expected = "\
| what   | µs  |
| ------ | --- |
| a \\| b | 7.5 |
| short  |     |
";
        assert_eq!(table.markdown(), expected);
    }
}
