crate::phrases! {
    /// A study without validation.
    no_validation() {
        en: "a study chooses by validation, and there is none",
        zh: "调优研究依据验证数据挑选，但没有划分验证数据",
    }
    /// What to do about it.
    no_validation_hint() {
        en: "set `data.split.validation` above 0, to 0.1 for example",
        zh: "请将 `data.split.validation` 设为大于 0 的值，例如 0.1",
    }
    /// A goal that is not measured on validation.
    unknown_goal(metric) {
        en: "`{metric}` is nothing that a study can choose by",
        zh: "调优研究不能以 `{metric}` 为目标",
    }
    /// What a goal can be.
    unknown_goal_hint(known) {
        en: "what this spec measures on validation: {known}",
        zh: "此规格在验证数据上测量的有：{known}",
    }
    /// A pruner that would see nothing.
    not_on_the_way(metric) {
        en: "pruning needs a goal that is known after every epoch, and `{metric}` is measured at the end",
        zh: "剪枝需要每轮之后都能得知的目标，而 `{metric}` 只在训练结束时测量",
    }
    /// What to do about it.
    not_on_the_way_hint() {
        en: "take `validation.accuracy` or `validation.loss` as the goal, or `pruner: none`",
        zh: "请以 `validation.accuracy` 或 `validation.loss` 为目标，或改用 `pruner: none`",
    }
    /// A value that the spec cannot take.
    impossible_value(value, problem) {
        en: "the spec cannot be read with the value `{value}` here: {problem}",
        zh: "此处取值 `{value}` 时规格无法读取：{problem}",
    }
    /// A path to something that all trials share.
    fixed(key) {
        en: "this changes `{key}`, which all trials must share",
        zh: "这会改变 `{key}`，而所有试验必须共用它",
    }
    /// What can be searched.
    fixed_hint() {
        en: "values below `model`, `train` and `data.features` can be searched; what trials are judged on and by cannot",
        zh: "可以搜索 `model`、`train` 和 `data.features` 之下的值；评判试验所用的数据和标准不能搜索",
    }
    /// The separator of a list.
    comma() { en: ", ", zh: "、" }
    /// A spec without `adjust`.
    nothing_to_adjust() {
        en: "the spec has no `adjust`: nothing says what to try",
        zh: "规格中没有 `adjust`，没有说明要尝试什么",
    }
    /// What to do about it.
    nothing_to_adjust_hint() {
        en: "add `adjust` with a goal and a search; docs/studies.md shows how",
        zh: "请添加 `adjust`，写明目标和搜索范围，参见 docs/studies.md",
    }
    /// A study without a finished trial.
    no_candidate(study) {
        en: "the study `{study}` has not chosen a trial",
        zh: "调优研究 `{study}` 尚未选出试验",
    }
    /// What to do about it.
    no_candidate_hint(study) {
        en: "if it was interrupted, `proofmark tune --resume {study}` brings it to its end",
        zh: "如果它曾被中断，可用 `proofmark tune --resume {study}` 运行到底",
    }
    /// Data that the gate refuses.
    gate_refused() {
        en: "the data do not pass their gate: there is nothing to study",
        zh: "数据未通过关卡，无从调优",
    }
    /// What to do about it.
    gate_refused_hint() {
        en: "`proofmark data check SPEC` says which rules do not hold",
        zh: "`proofmark data check SPEC` 会说明哪些规则不满足",
    }
    /// A study whose choices depended on the machine.
    not_reproducible(study) {
        en: "the choices of the study `{study}` depended on the machine: it ran several trials at once, or had a limit of time",
        zh: "调优研究 `{study}` 的选择取决于当时的机器：它同时运行了多次试验，或设有时间限制",
    }
    /// What to do about it.
    not_reproducible_hint() {
        en: "each of its trials is a run, and reproduces: `proofmark reproduce RUN`",
        zh: "它的每次试验都是一次运行，可以逐一重现：`proofmark reproduce RUN`",
    }
    /// A trial that cannot be gone on with by itself.
    is_a_trial(run) {
        en: "the run `{run}` is a trial of a study",
        zh: "运行 `{run}` 是一项调优研究中的一次试验",
    }
    /// What to do about it.
    is_a_trial_hint() {
        en: "`proofmark tune --resume STUDY` goes on with the study",
        zh: "请用 `proofmark tune --resume STUDY` 继续该研究",
    }
    /// Progress: the study has its folder.
    progress_study(study) { en: "study {study}", zh: "调优研究 {study}" }
    /// Progress: a trial begins.
    progress_trial(number, trials, values) { en: "trial {number} of {trials}: {values}", zh: "试验 {number}/{trials}：{values}" }
    /// Progress: a trial came to its end.
    progress_complete(number, value, best) { en: "trial {number}: {value}; best: trial {best}", zh: "试验 {number}：{value}；最好：试验 {best}" }
    /// Progress: a trial was pruned.
    progress_pruned(number, epochs) { en: "trial {number}: pruned after epoch {epochs}", zh: "试验 {number}：第 {epochs} 轮后剪枝" }
    /// Progress: a trial failed.
    progress_failed(number, why) { en: "trial {number}: failed: {why}", zh: "试验 {number}：失败：{why}" }
    /// What a failure left behind.
    failed_study(study) { en: "study {study} was kept; `proofmark tune --resume {study}` goes on with it", zh: "调优研究 {study} 已保留，可用 `proofmark tune --resume {study}` 继续" }
    /// What `proofmark tune` does.
    tune_about() { en: "Search for better values of a spec, judged on validation; every trial is a run", zh: "为规格搜索更好的取值，以验证数据评判；每次试验都是一次运行" }
    /// The option that goes on with a study.
    option_resume() { en: "Go on with a study that was interrupted", zh: "继续被中断的调优研究" }
    /// The option that judges the best trial.
    option_accept() { en: "Then take the best trial to its verdict: read the test data once", zh: "随后对最好的试验作出结论：读取一次测试数据" }
    /// Why a trial has no value.
    not_finite() { en: "what it measured is no finite number", zh: "测得的值不是有限的数" }
    /// A study came to its end.
    verdict_finished() { en: "Studied", zh: "调优完成" }
    /// A study without a good trial.
    verdict_nothing() { en: "Nothing found", zh: "没有结果" }
    /// What came of it.
    sentence_better(gain) {
        en: "The best trial gains {gain} over the spec as it stands, on validation.",
        zh: "在验证数据上，最好的试验比规格原样提高了 {gain}。",
    }
    /// What came of it.
    sentence_not_better() {
        en: "No trial is better on validation than the spec as it stands.",
        zh: "在验证数据上，没有试验比规格原样更好。",
    }
    /// What came of it.
    sentence_front(trials) {
        en: "{trials} trials are not beaten in every goal by another one.",
        zh: "有 {trials} 次试验没有在所有目标上被其他试验超越。",
    }
    /// What was left alone.
    test_not_read() { en: "The test data was not read.", zh: "未读取测试数据。" }
    /// What came of it.
    sentence_nothing() {
        en: "No trial came to its end with a value.",
        zh: "没有试验得出结果。",
    }
    /// Label of the trials' count.
    label_trials() { en: "trials", zh: "试验" }
    /// How the trials ended.
    trials_line(complete, pruned, failed) {
        en: "{complete} complete, {pruned} pruned, {failed} failed",
        zh: "完成 {complete}，剪枝 {pruned}，失败 {failed}",
    }
    /// Label of the best trial.
    label_best() { en: "best", zh: "最好" }
    /// The best trial.
    best_line(number, values) { en: "trial {number}: {values}", zh: "试验 {number}：{values}" }
    /// Label of the plain spec's value.
    label_plain() { en: "spec as is", zh: "规格原样" }
    /// Label of a value to set.
    label_set() { en: "set", zh: "设置" }
    /// Label of the parameters' importance.
    label_importance() { en: "importance", zh: "重要性" }
    /// Label of the best trial's run.
    label_run() { en: "its run", zh: "其运行" }
    /// Label of the next step.
    label_accept() { en: "judge it", zh: "提交验收" }
    /// What a study says when it was interrupted.
    sentence_interrupted() { en: "Every finished trial is kept.", zh: "已完成的试验均已保存。" }
    /// How many trials came out the same.
    same_trials(same, trials) { en: "{same} of {trials} chosen again and trained again, the same", zh: "重新选择并训练，{trials} 次中有 {same} 次相同" }
    /// A study that came out the same.
    sentence_reproduced(study) {
        en: "`{study}` made the same choices again, and every trial came out the same, bit for bit.",
        zh: "`{study}` 再次作出了相同的选择，每次试验的结果逐位相同。",
    }
    /// A choice that came out otherwise.
    chosen_otherwise(number) { en: "trial {number} was chosen otherwise", zh: "试验 {number} 的取值与记录不同" }
    /// A training that came out otherwise.
    trained_otherwise(number) { en: "trial {number} was trained to something else", zh: "试验 {number} 的训练结果与记录不同" }
    /// A pruner that said something else.
    ended_otherwise(number) { en: "trial {number} was ended otherwise by the pruner", zh: "剪枝器对试验 {number} 的判断与记录不同" }
}
