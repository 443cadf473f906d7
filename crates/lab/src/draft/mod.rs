//! A first spec for a folder of somebody's own images, for `proofmark new --from`: measured, proposed, and proved to pass its own
//! rules before it is written.

mod proposal;
mod rounding;
mod text;

use std::path::{Path, PathBuf};

use proofmark_data::survey::{Survey, SurveyKind, Unreadable, survey};
use proofmark_messages::{Lang, Localize, display_in_english, draft as say};
use proofmark_store::Runs;

use crate::command_error::CommandError;
use crate::host::{Host, Observation};
use crate::pipeline::{SpecSource, check_model, prepare_run, read_spec};
use crate::scenarios::relative;
use proposal::Proposal;

/// What was written, and from what.
#[derive(Debug)]
pub struct Drafted {
    /// The spec.
    pub spec: PathBuf,
    /// The folder of the images.
    pub data: PathBuf,
    /// What it holds.
    pub survey: Survey,
    /// Height, width and channels that the network reads.
    pub shape: [usize; 3],
}

/// Looks through `folder` and writes a spec for it into `target`, which is made where it is not there. The comments are in the host's
/// language. The same images give the same text.
///
/// # Errors
/// A folder from which no classifier can be trained; a spec that is there already; what cannot be written.
pub fn draft(folder: &Path, target: &Path, host: &mut dyn Host) -> Result<Drafted, CommandError> {
    let lang = host.lang();
    let name = name_of(folder);
    let spec = target.join(format!("{name}.yaml"));
    if spec.exists() {
        return Err(CommandError::FileExists { path: spec });
    }
    let survey = survey(folder, &mut |progress| host.observe(Observation::Data(progress)))?;
    for unreadable in &survey.unreadable {
        host.observe(Observation::Notice(&PassedOver::new(unreadable)));
    }
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| CommandError::File { path, source }
    };
    let data = folder.canonicalize().map_err(at(folder))?;
    if survey.kind == SurveyKind::Images && lies_within(target, &data) {
        return Err(CommandError::TargetAmongImages { path: target.to_owned(), images: folder.to_owned() });
    }
    let mut proposal = Proposal::new(name, &survey, &data, host)?;
    std::fs::create_dir_all(target).map_err(at(target))?;
    let base = target.canonicalize().map_err(at(target))?;
    proposal.folder = relative(&base, &data).display().to_string();
    let read = |proposal: &Proposal<'_>| {
        let (file_name, text) = (spec.display().to_string(), proposal.text(lang));
        read_spec(&SpecSource { file_name, text, base: base.clone(), overrides: Vec::new() })
    };
    // How long an epoch takes is known once there is a network, and decides how many there are.
    let model = check_model(&read(&proposal)?, proposal.shape.into(), survey.classes.len())?;
    proposal.set_epochs(model.summary().flops());
    let prepared = prepare_run(&read(&proposal)?, &base, host)?;
    if prepared.model.is_none() {
        // It held a moment ago.
        return Err(CommandError::ImagesChanged { path: folder.to_owned() });
    }
    std::fs::write(&spec, proposal.text(lang)).map_err(at(&spec))?;
    let shape = proposal.shape;
    Ok(Drafted { spec, data: folder.to_owned(), survey, shape })
}

/// Whether a folder, there or not, stands below another, whose path is canonical.
fn lies_within(target: &Path, folder: &Path) -> bool {
    let target = Path::new(".").join(target);
    // What is not there yet comes below the nearest that is.
    let there = target.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    there.is_some_and(|(above, canonical)| canonical.starts_with(folder) && !(canonical == folder && above == target))
}

/// A run's name from a folder's: what cannot stand in one becomes `-`.
fn name_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let allowed = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let mut name: String = name.chars().map(allowed).collect();
    name = name.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end_matches('-').to_owned();
    while Runs::check_name(&name).is_err() && !name.is_empty() {
        name.pop();
    }
    if name.is_empty() { "images".to_owned() } else { name }
}

/// A file that the spec passes over, in each language: what is wrong with it cannot be copied.
#[derive(Debug)]
struct PassedOver(Vec<(Lang, String)>);

impl PassedOver {
    fn new(unreadable: &Unreadable) -> PassedOver {
        PassedOver(Lang::ALL.map(|lang| (lang, say::passed_over(lang, unreadable.text(lang)))).into())
    }
}

impl Localize for PassedOver {
    fn text(&self, lang: Lang) -> String {
        self.0.iter().find(|(known, _)| *known == lang).map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

display_in_english!(PassedOver);
impl std::error::Error for PassedOver {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders_become_names_of_runs() {
        for (folder, name) in [
            ("photos", "photos"),
            ("a/b.c_d", "b.c_d"),
            ("My photos (1)", "My-photos--1"),
            (".hidden", "hidden"),
            ("猫和狗", "猫和狗"),
            ("---", "images"),
            ("/", "images"),
        ] {
            assert_eq!(name_of(Path::new(folder)), name);
        }
        assert_eq!(name_of(Path::new(&"长".repeat(40))).len(), 63);
    }
}
