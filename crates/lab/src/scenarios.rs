//! Ready specs that come with the program, for `proofmark new`.

use std::path::{Component, Path, PathBuf};

use proofmark_messages::{Lang, cli as say};

use crate::command_error::CommandError;

/// A ready spec.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, and its file's without `.yaml`.
    pub name: &'static str,
    /// What it shows, in one line.
    pub title: fn(Lang) -> String,
    text: &'static str,
}

/// Where the scenarios' data lie in the repository, as their specs write it.
const DATA: &str = "../../datasets/mnist";

/// Every scenario.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "digits",
        title: say::scenario_digits,
        text: include_str!("../../../scenarios/digits/digits.yaml"),
    },
    Scenario {
        name: "digits-resnet",
        title: say::scenario_digits_resnet,
        text: include_str!("../../../scenarios/digits-resnet/digits-resnet.yaml"),
    },
    Scenario {
        name: "digits-study",
        title: say::scenario_digits_study,
        text: include_str!("../../../scenarios/digits-study/digits-study.yaml"),
    },
    Scenario {
        name: "digits-dirty",
        title: say::scenario_digits_dirty,
        text: include_str!("../../../scenarios/digits-dirty/digits-dirty.yaml"),
    },
    Scenario {
        name: "beyond-repair",
        title: say::scenario_beyond_repair,
        text: include_str!("../../../scenarios/digits-dirty/beyond-repair.yaml"),
    },
];

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFolder {
    /// The spec.
    pub spec: PathBuf,
    /// Where its data are, or are expected.
    pub data: PathBuf,
    /// Whether they are there.
    pub has_data: bool,
}

/// The scenario of a name.
///
/// # Errors
/// [`CommandError::NoSuchScenario`].
pub fn find(name: &str) -> Result<&'static Scenario, CommandError> {
    let found = ALL.iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| CommandError::NoSuchScenario { name: name.to_owned() })
}

impl Scenario {
    /// The spec with another folder of data.
    ///
    /// # Errors
    /// [`CommandError::ScenarioWithoutData`], which a test excludes.
    pub fn spec(&self, data: &str) -> Result<String, CommandError> {
        let without = CommandError::ScenarioWithoutData { name: self.name };
        let (before, after) = self.text.split_once(DATA).ok_or(without)?;
        Ok(format!("{before}{}{after}", yaml_text(data)))
    }

    /// Writes the spec into a folder, which is made where it is not there. Its data are taken from `data`; without one, from `datasets/mnist` in the
    /// current folder or above it; if that is not there either, the spec asks for them in `mnist` beside itself.
    ///
    /// # Errors
    /// A spec that is there already; what cannot be written.
    pub fn write(&self, folder: &Path, data: Option<&Path>) -> Result<NewFolder, CommandError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| CommandError::File { path, source }
        };
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        let spec = folder.join(format!("{}.yaml", self.name));
        if spec.exists() {
            return Err(CommandError::FileExists { path: spec });
        }
        let here = Path::new(".").canonicalize().map_err(at(Path::new(".")))?;
        let found = match data {
            Some(data) => Some(data.to_owned()),
            None => here.ancestors().map(|folder| folder.join("datasets/mnist")).find(|folder| folder.is_dir()),
        };
        let absolute = folder.canonicalize().map_err(at(folder))?;
        let written = match &found {
            None => PathBuf::from("mnist"),
            Some(data) => match data.canonicalize() {
                Ok(data) => relative(&absolute, &data),
                // Named and not there yet: as it was named, from the current folder.
                Err(_) => relative(&absolute, &here.join(data)),
            },
        };
        let text = self.spec(&written.display().to_string())?;
        std::fs::write(&spec, text).map_err(at(&spec))?;
        let data = absolute.join(&written);
        let has_data = data.is_dir();
        Ok(NewFolder { spec, data: found.unwrap_or_else(|| folder.join("mnist")), has_data })
    }
}

/// A path as YAML reads it: in single quotes, where nothing but the quote is escaped, unless it needs none.
pub(crate) fn yaml_text(path: &str) -> String {
    let is_plain = path.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
    // A number or a lone dash would not be text.
    let is_plain = is_plain && path.chars().any(char::is_alphabetic) && !path.starts_with('-');
    if is_plain { path.to_owned() } else { format!("'{}'", path.replace('\'', "''")) }
}

/// The way from one absolute folder to another path: relative while they share more than the root.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    if shared <= 1 {
        return to.to_owned();
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let down = to.components().skip(shared);
    let path: PathBuf = up.chain(down).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{SpecSource, read_spec};

    #[test]
    fn every_scenario_reads_with_any_folder_of_data() {
        for scenario in ALL {
            for data in ["../data", "it's: #here", "/absolute/数据"] {
                let text = scenario.spec(data).unwrap();
                let file_name = format!("{}.yaml", scenario.name);
                let source = SpecSource { file_name, text, base: PathBuf::new(), overrides: Vec::new() };
                let read = read_spec(&source).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
                assert_eq!(read.value.name, scenario.name);
                let folder = serde_json::to_value(&read.value.data).unwrap();
                assert_eq!(folder.pointer("/source/idx/folder").unwrap(), data);
            }
            assert!(
                !scenario.spec("x").unwrap().contains("../../datasets"),
                "{}: the path stands twice",
                scenario.name
            );
        }
    }

    #[test]
    fn ways_between_folders() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/a/b/c", "/a/d"), "../../d");
        assert_eq!(way("/a/b", "/a/b/d"), "d");
        assert_eq!(way("/a/b", "/a/b"), ".");
        assert_eq!(way("/a/b", "/c/d"), "/c/d");
    }
}
