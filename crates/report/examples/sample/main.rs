//! Writes sample reports of runs and studies, one a scenario and language, so that the page can be looked at and worked on:
//!
//! ```text
//! cargo run -p proofmark-report --example sample -- FOLDER
//! ```

mod synthetic;

use proofmark_messages::Lang;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    for lang in Lang::ALL {
        let runs = synthetic::scenarios().into_iter();
        let runs = runs.map(|(name, data)| (name, proofmark_report::render(&data, lang)));
        let studies = synthetic::study::pages().into_iter();
        let studies = studies.map(|(name, page)| (name, proofmark_report::render_study(&page, lang)));
        for (name, page) in runs.chain(studies) {
            let path = folder.join(format!("{name}.{}.html", lang.tag()));
            std::fs::write(&path, &page)?;
            println!("{} ({} kB)", path.display(), page.len() / 1000);
        }
    }
    Ok(())
}
