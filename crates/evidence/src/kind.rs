//! The closed list of what evidence can be about.

use proofmark_messages::{Lang, Localize, evidence as phrases};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, reproducible: $reproducible:literal, label: $label:ident;)*) => {
        /// What a statement is about; serialises as its dotted name. The list is closed: criteria, pages and auditors can
        /// know all of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Kind {
            /// Every kind, in the order of the flow.
            pub const ALL: &[Kind] = &[$(Kind::$variant),*];

            /// The dotted name, as criteria and files write it.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name),* }
            }

            /// Whether making the statement again from the same inputs gives the same claims. What observes time does not:
            /// such evidence expires by age instead of by its inputs' digests.
            pub const fn reproducible(self) -> bool {
                match self { $(Kind::$variant => $reproducible),* }
            }
        }

        impl Localize for Kind {
            fn text(&self, lang: Lang) -> String {
                match self { $(Kind::$variant => phrases::$label(lang)),* }
            }
        }
    };
}

kinds! {
    /// Everything that a run was resolved to: spec, sources, prepared data, plan.
    RunSpec = "run.spec", reproducible: true, label: kind_run_spec;
    /// The statistics of a data set's split.
    DataProfile = "data.profile", reproducible: true, label: kind_data_profile;
    /// The verdict of the data rules over a profile.
    DataGate = "data.gate", reproducible: true, label: kind_data_gate;
    /// One recorded round of cleaning: operators, rows touched, before and after.
    DataCleaning = "data.cleaning", reproducible: true, label: kind_data_cleaning;
    /// The prepared tensors that a training reads.
    DataPrepared = "data.prepared", reproducible: true, label: kind_data_prepared;
    /// A training: the parameters' digest after each epoch, and the model's.
    TrainRun = "train.run", reproducible: true, label: kind_train_run;
    /// Metrics of a model on a split, with their intervals.
    EvalResult = "eval.result", reproducible: true, label: kind_eval_result;
    /// Metrics over the folds of a cross-validation: each fold's, and their mean with its interval.
    EvalCrossValidation = "eval.cross_validation", reproducible: true, label: kind_eval_cross_validation;
    /// The acceptance criterion's verdict over an evaluation.
    AcceptDecision = "accept.decision", reproducible: true, label: kind_accept_decision;
    /// A run that was trained again and compared epoch by epoch.
    RunReproduced = "run.reproduced", reproducible: true, label: kind_run_reproduced;
    /// A model with weights of 8 bits: what it was made from, and how both measure.
    ModelQuantized = "model.quantized", reproducible: true, label: kind_model_quantized;
    /// A search: its trials, its choices, its best.
    TuneStudy = "tune.study", reproducible: true, label: kind_tune_study;
    /// What a training with privacy spent of a data set's budget.
    PrivacySpend = "privacy.spend", reproducible: true, label: kind_privacy_spend;
    /// Latency and throughput of a served model.
    ServeLatency = "serve.latency", reproducible: false, label: kind_serve_latency;
    /// How far live data stands from the data of the training.
    MonitorDrift = "monitor.drift", reproducible: false, label: kind_monitor_drift;
    /// A person's approval in a role.
    Approval = "approval", reproducible: true, label: kind_approval;
    /// A gate's outcome with its reasons.
    Decision = "decision", reproducible: true, label: kind_decision;
    /// The criteria, approvals and outcomes of a gate.
    GateDefinition = "gate.definition", reproducible: true, label: kind_gate_definition;
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
