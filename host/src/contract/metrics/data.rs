//! What the data directory takes, and how much it may.

use super::{Labels, Page};
use crate::domain::{DataFigures, Named as _};

impl Page {
    pub(super) fn data(&mut self, figures: &DataFigures) {
        const BYTES: &str = "sparkler_data_bytes";
        self.gauge(BYTES, "What the data directory takes on disk, by part.");
        for (part, bytes) in &figures.parts {
            let labels: Labels<'_> = &[("part", &part.name())];
            self.value(BYTES, labels, bytes);
        }

        self.single_gauge(
            "sparkler_data_bytes_limit",
            "What the data directory may take.",
            figures.bytes_max,
        );

        self.single_gauge(
            "sparkler_data_free_bytes",
            "What is free in its file system.",
            figures.free_bytes,
        );

        self.single_gauge(
            "sparkler_data_free_bytes_min",
            "What must stay free there.",
            figures.free_bytes_min,
        );

        self.single_counter(
            "sparkler_data_artifacts_gave_way_total",
            "Compiled code that was removed since something else had no room.",
            figures.gave_way,
        );

        self.single_counter(
            "sparkler_data_artifacts_gave_way_bytes_total",
            "Its bytes.",
            figures.gave_way_bytes,
        );

        self.single_counter(
            "sparkler_data_refused_total",
            "How often there was no room for something.",
            figures.refused,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::data::DataPart;

    #[test]
    fn every_part_has_a_line() {
        let mut page = Page::default();
        page.data(&DataFigures {
            parts: vec![(DataPart::Packages, 10), (DataPart::Reserve, 20)],
            bytes_max: 30,
            free_bytes: 40,
            free_bytes_min: 50,
            gave_way: 6,
            gave_way_bytes: 70,
            refused: 8,
        });
        for line in [
            "sparkler_data_bytes{part=\"packages\"} 10\n",
            "sparkler_data_bytes{part=\"reserve\"} 20\n",
            "sparkler_data_bytes_limit 30\n",
            "sparkler_data_free_bytes 40\n",
            "sparkler_data_free_bytes_min 50\n",
            "sparkler_data_artifacts_gave_way_total 6\n",
            "sparkler_data_artifacts_gave_way_bytes_total 70\n",
            "sparkler_data_refused_total 8\n",
        ] {
            assert!(page.0.contains(line), "{line} is not in {}", page.0);
        }
    }
}
