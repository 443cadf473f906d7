crate::phrases! {
    /// A slice by a column that cannot be sliced by.
    unknown_slice(column, target) {
        en: "`{column}` cannot be sliced by: the only column for slices is the target `{target}`",
        zh: "无法按 `{column}` 分组：目前只能按目标列 `{target}` 分组",
    }
    /// A run that is resumed and has ended.
    nothing_to_resume(run) {
        en: "the run `{run}` has come to its end: there is nothing to resume",
        zh: "运行 `{run}` 已经结束，没有可以继续的内容",
    }
    /// What to do with a run that has ended.
    nothing_to_resume_hint(run) {
        en: "`proofmark reproduce {run}` trains it again and compares",
        zh: "`proofmark reproduce {run}` 可以重新训练并进行比较",
    }
    /// What the lock was made from has changed.
    lock_differs(path, was, is) {
        en: "`{path}` is not what the run began with: it was {was}, now it is {is}",
        zh: "`{path}` 与运行开始时不同：原为 {was}，现为 {is}",
    }
    /// What to do about a changed spec or data.
    lock_differs_hint() {
        en: "undo the change to go on with this run, or start a new one with `proofmark run`",
        zh: "撤销更改即可继续此运行，或用 `proofmark run` 开始新的运行",
    }
    /// Another numerics version.
    numerics_differ(was, is) {
        en: "the run was made under numerics version {was}, this program computes under version {is}",
        zh: "该运行采用数值版本 {was}，而本程序采用版本 {is}",
    }
    /// What to do about another numerics version.
    numerics_differ_hint() {
        en: "use the program version that the run's report names",
        zh: "请使用该运行报告中注明的程序版本",
    }
    /// A damaged checkpoint was skipped.
    checkpoint_skipped(path, cause) {
        en: "skipped `{path}`: {cause}",
        zh: "已跳过 `{path}`：{cause}",
    }
    /// A run's folder does not say where its data are.
    base_unknown(run) {
        en: "the run `{run}` does not say which folder its paths are relative to",
        zh: "运行 `{run}` 没有记录其相对路径所在的文件夹",
    }
    /// What to do when the base is not known.
    base_unknown_hint() {
        en: "name it with `--base FOLDER`",
        zh: "请用 `--base FOLDER` 指定",
    }
    /// The gate says no when a run is trained again.
    gate_refused_again() {
        en: "the data do not meet their rules: there is nothing to train again",
        zh: "数据不满足规则，没有可以重新训练的内容",
    }
    /// An epoch that cannot be checked alone.
    no_epoch(epoch, epochs) {
        en: "epoch {epoch} cannot be trained again: the run has {epochs} complete epochs",
        zh: "无法重新训练第 {epoch} 轮：该运行共完成 {epochs} 轮",
    }
    /// The checkpoint before an epoch is gone.
    no_kept_checkpoint(epoch) {
        en: "the checkpoint at the end of epoch {epoch} is not there, or damaged",
        zh: "第 {epoch} 轮结束时的检查点不存在或已损坏",
    }
    /// What to do when a checkpoint is gone.
    no_kept_checkpoint_hint() {
        en: "leave out `--epoch` to train the whole run again",
        zh: "去掉 `--epoch`，即可完整地重新训练",
    }
    /// An internal error: a step cannot run.
    internal(cause) {
        en: "internal error: {cause}",
        zh: "内部错误：{cause}",
    }
    /// What to do about an internal error.
    internal_hint() {
        en: "this is a mistake of ours; please report it with the spec",
        zh: "这是我们的错误，请附上规格文件报告给我们",
    }
}
