crate::phrases! {
    /// A slice by a column that cannot be sliced by.
    unknown_slice(column, target) {
        en: "`{column}` cannot be sliced by: the only column for slices is the target `{target}`",
        zh: "无法按 `{column}` 分组：目前只能按目标列 `{target}` 分组",
    }
    /// What to do about a criterion on a metric that is not measured.
    measure_it_hint(metric) {
        en: "add `{metric}` to `evaluate.metrics`: what is not measured cannot be judged",
        zh: "请把 `{metric}` 加入 `evaluate.metrics`：没有测量的指标无法评判",
    }
    /// What to do about a criterion on validation where there is none.
    validate_hint() {
        en: "set `data.split.validation` (0.1, for example): there is no validation split",
        zh: "请设置 `data.split.validation`（例如 0.1）：当前没有验证集",
    }
    /// What to do about a criterion on a cross-validation where there is none.
    cross_validate_hint() {
        en: "set `cross_validation: {{ folds: 5 }}`: there is no cross-validation",
        zh: "请设置 `cross_validation: {{ folds: 5 }}`：当前没有交叉验证",
    }
    /// The training of a fold stopped.
    fold_stopped(fold, problem) { en: "fold `{fold}` of the cross-validation: {problem}", zh: "交叉验证第 `{fold}` 折：{problem}" }
    /// What to do about a criterion on slices where there are none.
    slice_hint(column) {
        en: "set `evaluate.slices: [{column}]`: nothing is sliced",
        zh: "请设置 `evaluate.slices: [{column}]`：当前没有切片",
    }
    /// A run that is resumed and has ended.
    nothing_to_resume(run) {
        en: "the run `{run}` has come to its end: there is nothing to resume",
        zh: "运行 `{run}` 已经结束，没有可以继续的内容",
    }
    /// What to do with a run that ended before its training.
    nothing_to_resume_untrained_hint() {
        en: "its data were refused; mend the data or the rules and start a new run with `proofmark run`",
        zh: "该运行的数据未通过规则；请修正数据或规则，再用 `proofmark run` 开始新的运行",
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
    /// What to do about changed spec or data when a run is trained again.
    lock_differs_again_hint() {
        en: "put back what the run was trained on: only the same spec and data can give the same model",
        zh: "请恢复该运行当时所用的内容：只有相同的规格和数据才能得到相同的模型",
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
        en: "the checkpoint at the end of epoch {epoch} is not there",
        zh: "第 {epoch} 轮结束时的检查点不存在",
    }
    /// A checkpoint that does not read.
    checkpoint_unreadable(path, problem) {
        en: "the checkpoint `{path}` cannot be read: {problem}",
        zh: "无法读取检查点 `{path}`：{problem}",
    }
    /// A checkpoint with other parameters than the statement of the training says.
    checkpoint_altered(path, epoch, expected, found) {
        en: "`{path}` does not hold the parameters of the end of epoch {epoch}: expected `{expected}`, found `{found}`",
        zh: "`{path}` 中的参数不是第 {epoch} 轮结束时的参数：应为 `{expected}`，实为 `{found}`",
    }
    /// A run without a training to compare with.
    not_trained(run) {
        en: "the run `{run}` has no statement of its training: there is nothing to compare with",
        zh: "运行 `{run}` 没有关于训练的陈述，无从比较",
    }
    /// What to do about it.
    not_trained_hint(run) {
        en: "if it was interrupted, `proofmark run --resume {run}` brings it to its end",
        zh: "如果它曾被中断，可用 `proofmark run --resume {run}` 运行到底",
    }
    /// A result that the run's folder does not take, told before the training.
    will_not_be_recorded(problem) {
        en: "the result will not be recorded: {problem}",
        zh: "结果将不会被记录：{problem}",
    }
    /// What to do when a checkpoint is gone.
    no_kept_checkpoint_hint() {
        en: "leave out `--epoch` to train the whole run again",
        zh: "去掉 `--epoch`，即可完整地重新训练",
    }
    /// A model file whose metadata do not read.
    model_metadata_malformed(path, key, cause) {
        en: "the entry `{key}` of the model file `{path}` cannot be read: {cause}",
        zh: "无法读取模型文件 `{path}` 中的 `{key}`：{cause}",
    }
    /// A model file without a statement.
    model_unclaimed(path) {
        en: "no statement of the run speaks of the model `{path}`",
        zh: "该运行没有任何陈述提及模型 `{path}`",
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
    /// The statements that were made again.
    label_statements() { en: "statements", zh: "证据陈述" }
    /// So many of them are the same.
    statements_same(statements) { en: "{statements} made again and the same, what was measured included", zh: "重新得出 {statements} 条，均与记录一致，包括实测结果" }
    /// A result that is not in the run's evidence.
    label_not_recorded() { en: "not recorded", zh: "未记录" }
    /// In place of a digest that does not exist.
    nothing_there() { en: "nothing", zh: "无" }
    /// Reproductions, with who says so.
    reproduced_times(times, by) { en: "{times}, recorded by {by} (not signed)", zh: "{times}，由 {by} 记录（未签名）" }
    /// No reproductions.
    reproduced_never() { en: "never", zh: "从未" }
    /// Readings of the same test data by any run.
    label_test_reads() { en: "test data", zh: "测试数据" }
    /// How often, in this run and in all.
    test_reads_in_all(run, all) { en: "read {run} times in this run, {all} times by all runs of this data directory", zh: "本次运行读取 {run} 次，此数据目录的所有运行共读取 {all} 次" }
}
