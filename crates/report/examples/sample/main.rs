//! Writes sample reports, one a scenario and language, so that the page can be looked at and worked on:
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
    for (name, data) in synthetic::scenarios() {
        for lang in Lang::ALL {
            let page = proofmark_report::render(&data, lang);
            let path = folder.join(format!("{name}.{}.html", lang.tag()));
            std::fs::write(&path, &page)?;
            println!("{} ({} kB)", path.display(), page.len() / 1000);
        }
    }
    Ok(())
}
