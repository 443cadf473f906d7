// The report's words on studies and on augmentation; prose as in `report`.
crate::phrases! {
    // The page of a study
    kicker() { en: "Study report", zh: "研究报告" }
    term_study() { en: "Study", zh: "研究" }
    term_sampler() { en: "Sampler", zh: "采样器" }
    term_pruner() { en: "Pruner", zh: "剪枝器" }
    no_pruner() { en: "none", zh: "无" }
    title_summary() { en: "Outcome", zh: "研究结论" }
    title_history() { en: "Trials in their order", zh: "试验过程" }
    title_parameters() { en: "What mattered", zh: "影响因素" }
    title_front() { en: "Trade-offs", zh: "权衡取舍" }
    title_curves() { en: "On the way", zh: "训练途中" }
    title_best() { en: "Best trials", zh: "最佳试验" }
    title_provenance() { en: "Provenance", zh: "来源与证据" }
    title_reproduce() { en: "Do it again", zh: "复现" }
    title_space() { en: "Search space", zh: "搜索空间" }

    // The finding
    one_value() { en: "One value of the spec was searched", zh: "对规格中的 1 个值进行了搜索" }
    n_values(values) { en: "{values} values of the spec were searched", zh: "对规格中的 {values} 个值进行了搜索" }
    in_no_trial(searched) { en: "{searched}, but no trial was started.", zh: "{searched}，但没有启动任何试验。" }
    in_one_trial(searched, ends) { en: "{searched} in one trial: {ends}.", zh: "{searched}，共 1 个试验：{ends}。" }
    in_n_trials(searched, trials, ends) { en: "{searched} in {trials} trials: {ends}.", zh: "{searched}，共 {trials} 个试验：{ends}。" }
    n_finished(trials) { en: "{trials} finished", zh: "{trials} 个完成" }
    n_pruned(trials) { en: "{trials} stopped early", zh: "{trials} 个提前停止" }
    n_failed(trials) { en: "{trials} failed", zh: "{trials} 个失败" }
    n_running(trials) { en: "{trials} without an end yet", zh: "{trials} 个尚未结束" }
    nothing_found() { en: "None of them has a result, so there is nothing to choose from.", zh: "没有试验得出结果，因此无从选择。" }
    best_is(trial, metric, value) { en: "The best is trial {trial}: {metric} {value}.", zh: "最好的是试验 {trial}：{metric}为 {value}。" }
    best_gains(trial, metric, value, gain, baseline) { en: "The best is trial {trial}: {metric} {value}, better by {gain} than the spec as written ({baseline}).", zh: "最好的是试验 {trial}：{metric}为 {value}，比原规格（{baseline}）好 {gain}。" }
    best_loses(trial, metric, value, baseline) { en: "The best is trial {trial}: {metric} {value}. That is no better than the spec as written ({baseline}), which may stay as it is.", zh: "最好的是试验 {trial}：{metric}为 {value}，并不优于原规格（{baseline}），原规格可以保持不变。" }
    front_of_one(goals) { en: "With {goals} goals at once, one trial is at least as good as every other in all of them.", zh: "同时有 {goals} 个目标时，有一个试验在所有目标上都不逊于其他试验。" }
    front_of(goals, trials) { en: "With {goals} goals at once there is no single winner: {trials} trials make up the front, none of them beaten by another in everything.", zh: "同时有 {goals} 个目标时没有唯一的赢家：{trials} 个试验构成前沿，其中任何一个都不会在所有目标上被另一个超过。" }
    this_run(trial) { en: "This run is trial {trial} of the study.", zh: "本次运行是该研究的试验 {trial}。" }
    kind_figures() { en: "All of this was measured on validation data, on which the choice was made, so the winner's figures are somewhat kind to it. What it is worth on new data, only the test says.", zh: "以上均在验证数据上测得，而选择正是依据这些数据作出的，因此胜出者的数字略偏乐观。它在新数据上的实际价值，只有测试才能说明。" }

    // Figures
    figure_best(metric) { en: "Best: {metric}", zh: "最佳：{metric}" }
    figure_best_trial(trial) { en: "trial {trial}", zh: "试验 {trial}" }
    figure_gain() { en: "Gain over the spec as written", zh: "相对原规格的提升" }
    figure_gain_points(baseline) { en: "percentage points, from {baseline}", zh: "个百分点，原为 {baseline}" }
    figure_gain_number(baseline) { en: "from {baseline}", zh: "原为 {baseline}" }
    figure_front() { en: "Trials of the front", zh: "前沿上的试验" }
    figure_front_note() { en: "not beaten in everything", zh: "未在所有目标上被超过" }
    figure_epochs() { en: "Epochs trained", zh: "训练总轮数" }
    figure_epochs_planned(trials, planned) { en: "in {trials} trials of at most {planned}", zh: "共 {trials} 个试验，上限 {planned} 个" }
    figure_epochs_note() { en: "in all trials together", zh: "全部试验合计" }
    repeats() { en: "Done again, the study makes the same choices and ends with the same result: its trials ran one at a time and without a time limit.", zh: "试验逐个运行且没有时间限制，因此重做整个研究会作出同样的选择，得到同样的结果。" }
    repeats_not_parallel(parallel) { en: "Each trial repeats bit for bit. The study as a whole need not: {parallel} trials ran at a time, so what later ones could learn from depended on which ended first.", zh: "每个试验都能逐位复现，研究整体则未必：有 {parallel} 个试验同时运行，后来的试验能借鉴什么取决于哪些先结束。" }
    repeats_not_seconds(limit) { en: "Each trial repeats bit for bit. The study as a whole need not: it was limited to {limit}, so the number of its trials depends on the machine.", zh: "每个试验都能逐位复现，研究整体则未必：研究限时 {limit}，试验的个数取决于机器。" }
    repeats_not_both(parallel, limit) { en: "Each trial repeats bit for bit. The study as a whole need not: {parallel} trials ran at a time, and it was limited to {limit}, so both what later trials could learn from and their number depend on the machine.", zh: "每个试验都能逐位复现，研究整体则未必：有 {parallel} 个试验同时运行，且限时 {limit}，后来的试验能借鉴什么以及试验的个数都取决于机器。" }

    // Words of the drawings
    trial() { en: "Trial", zh: "试验" }
    trial_number(trial) { en: "Trial {trial}", zh: "试验 {trial}" }
    state_complete() { en: "finished", zh: "完成" }
    state_pruned() { en: "stopped early", zh: "提前停止" }
    state_failed() { en: "failed", zh: "失败" }
    state_running() { en: "running", zh: "进行中" }
    best_so_far() { en: "best so far", zh: "截至当时的最佳" }
    as_written() { en: "as written", zh: "原规格" }
    as_written_value(value) { en: "as written: {value}", zh: "原规格：{value}" }
    no_value() { en: "no value", zh: "无结果" }
    not_used() { en: "off", zh: "未启用" }
    log_scale() { en: "logarithmic", zh: "对数刻度" }
    whole_numbers() { en: "whole numbers", zh: "整数" }
    one_of(choices) { en: "one of {choices}", zh: "{choices} 选一" }
    worse_to_better() { en: "worst to best fifth of the trials", zh: "试验按结果五等分，由差到好" }
    best_trial(trial) { en: "best: trial {trial}", zh: "最佳：试验 {trial}" }
    tip(trial, state) { en: "Trial {trial}, {state}", zh: "试验 {trial}，{state}" }
    tip_value(trial, value) { en: "Trial {trial}: {value}", zh: "试验 {trial}：{value}" }
    tip_last(trial, state, value, step) { en: "Trial {trial}, {state} at {value} after epoch {step}", zh: "试验 {trial}，{state}，第 {step} 轮后为 {value}" }

    history_title(metric) { en: "{metric}, trial by trial", zh: "{metric}：逐个试验" }
    history_description(trials, best) { en: "Each trial's result by its number, {trials} in all, with the best so far as a stepped line. Best value: {best}. A table below holds the best trials.", zh: "按编号列出每个试验的结果，共 {trials} 个，阶梯线为截至当时的最佳。最佳值：{best}。下方表格列有最佳试验。" }
    history_help_max() { en: "Higher is better.", zh: "越高越好。" }
    history_help_min() { en: "Lower is better.", zh: "越低越好。" }
    history_help_pruned() { en: "A trial that was stopped early stands at its last reading.", zh: "提前停止的试验标在其最后一次读数处。" }
    off_scale_one() { en: "One trial lies beyond the axis and is drawn at its edge.", zh: "有 1 个试验超出坐标范围，画在边缘。" }
    off_scale(trials) { en: "{trials} trials lie beyond the axis and are drawn at its edge.", zh: "有 {trials} 个试验超出坐标范围，画在边缘。" }

    importance_heading() { en: "How much each value mattered", zh: "各个值的影响" }
    importance_caption() { en: "Share of each searched value in what made trials good", zh: "各个搜索值对试验优劣的影响占比" }
    importance_help() { en: "How differently a value is spread among the best trials than among all; the shares add up to 100%. It shows what mattered within these ranges, one value at a time, and nothing beyond.", zh: "一个值在最佳试验中的分布与在全部试验中的分布相差多大，各占比之和为 100%。它只反映在这些范围内、逐个来看时什么起了作用，不说明范围之外的情况。" }
    importance_lead(parameter, share) { en: "What made the most difference: {parameter} ({share}).", zh: "影响最大的是 {parameter}（{share}）。" }
    importance_lead_unknown() { en: "Too few trials finished to say which value mattered.", zh: "完成的试验太少，无法判断哪个值更重要。" }
    column_parameter() { en: "Searched value", zh: "搜索的值" }
    column_share() { en: "Share", zh: "占比" }

    parallel_title() { en: "Every trial through every value", zh: "每个试验的全部取值" }
    parallel_description(trials, parameters) { en: "Parallel coordinates: {parameters} values and the result, an axis each, with a line for each of {trials} trials. The table of the best trials holds their values.", zh: "平行坐标图：{parameters} 个搜索值与结果各占一条轴，{trials} 个试验各为一条线。最佳试验的取值见表格。" }
    parallel_help() { en: "Each line is a trial; it crosses each axis at the value that was tried and ends at its result, better to the right. The stronger its colour, the better it is; the thick line is the trial that the legend names. Good values lie where strong lines gather.", zh: "每条线是一个试验，在各轴上经过所试的取值，终点为结果，越靠右越好。颜色越鲜明越好，粗线是图例中注明的试验。鲜明的线聚集之处即是好的取值。" }
    parallel_help_pruned() { en: "Thin grey lines were stopped early and have no result.", zh: "灰色细线为提前停止的试验，没有结果。" }

    front_title(x, y) { en: "{y} against {x}", zh: "{y}（纵轴）与{x}（横轴）" }
    front_description(trials, front) { en: "Scatter of two goals over {trials} trials; {front} of them make up the front.", zh: "两个目标的散点图，共 {trials} 个试验，其中 {front} 个构成前沿。" }
    front_help() { en: "Each point is a finished trial. Those on the front are filled: none can be improved in one goal without giving up in another. The choice among them is a person's.", zh: "每个点是一个完成的试验。实心点构成前沿：要在一个目标上更好，就必须在另一个目标上让步。在它们之间如何取舍，由人决定。" }
    front_help_pairs() { en: "With more than two goals, a trial of the front may look beaten in one pair of them; it makes up for it in another goal.", zh: "目标多于两个时，前沿上的试验在某一对目标中可能看似落后，但在其他目标上有所补偿。" }
    goal_lower(goal) { en: "{goal} (lower is better)", zh: "{goal}（越低越好）" }
    on_front() { en: "front", zh: "前沿" }
    dominated() { en: "beaten", zh: "被超过" }

    curves_title(metric) { en: "{metric} after each epoch", zh: "{metric}：每一轮之后" }
    curves_description(trials) { en: "What each of {trials} trials read after each epoch; those that were stopped early end in a mark.", zh: "{trials} 个试验在每一轮之后的读数；提前停止的以标记结束。" }
    curves_lead(pruned, epochs) { en: "{pruned} trials were stopped early. All trials together trained {epochs} epochs.", zh: "{pruned} 个试验提前停止。全部试验共训练 {epochs} 轮。" }
    curves_lead_one(epochs) { en: "One trial was stopped early. All trials together trained {epochs} epochs.", zh: "1 个试验提前停止。全部试验共训练 {epochs} 轮。" }
    curves_lead_none(epochs) { en: "No trial was stopped early. All trials together trained {epochs} epochs.", zh: "没有试验提前停止。全部试验共训练 {epochs} 轮。" }

    best_caption() { en: "The best trials with their values", zh: "最佳试验及其取值" }
    best_lead_one() { en: "One trial finished.", zh: "有 1 个试验完成。" }
    best_lead(shown, finished) { en: "The best {shown} of {finished} finished trials.", zh: "{finished} 个完成的试验中最好的 {shown} 个。" }
    best_lead_front() { en: "The trials of the front first, the best in the first goal above.", zh: "先列前沿上的试验，第一个目标最好的在前。" }
    column_trial() { en: "Trial", zh: "试验" }
    column_run() { en: "Run", zh: "运行" }
    best_mark() { en: "best trial", zh: "最佳试验" }
    copy_heading(trial) { en: "Trial {trial}, to copy", zh: "试验 {trial} 的取值，可直接复制" }
    copy_help() { en: "The lines as the spec takes them, each with its place; or all of them at once on the command line.", zh: "按规格写法列出的各行，附其所在位置；也可在命令行一次性给出。" }
    failures_summary_one() { en: "Why one trial failed", zh: "1 个试验失败的原因" }
    failures_summary(trials) { en: "Why {trials} trials failed", zh: "{trials} 个试验失败的原因" }
    failures_caption() { en: "Failed trials by reason", zh: "失败的试验及其原因" }
    column_reason() { en: "Reason", zh: "原因" }
    column_trials() { en: "Trials", zh: "试验" }
    failed_not_finite(metric) { en: "{metric} was not a finite number", zh: "{metric}不是有限的数值" }
    failed_unknown() { en: "no reason was given", zh: "未说明原因" }

    space_lead(sampler) { en: "What the trials could choose from. The sampler {sampler} made the choices, from the seed and the trials before.", zh: "试验可以选择的范围。由采样器 {sampler} 根据随机种子和先前的试验作出选择。" }
    space_caption() { en: "Searched values with their ranges", zh: "搜索的值及其范围" }
    column_range() { en: "Range", zh: "范围" }
    column_best() { en: "Best trial", zh: "最佳试验" }
    range(low, high) { en: "{low} to {high}", zh: "{low} 至 {high}" }
    provenance_lead() { en: "The study stands on these statements; each trial that left a run has evidence of its own there. A digest is a fingerprint: if one byte changes, so does the digest.", zh: "研究依据下列陈述；留下运行记录的试验各有自己的证据。摘要就是指纹：只要改动一个字节，摘要就会不同。" }
    reproduce_lead(numerics) { en: "The same command gives the same trials with the same results, on any machine and any number of threads, as long as the program's numerics version is {numerics}.", zh: "只要程序的数值版本为 {numerics}，无论在哪台机器、用多少线程，同样的命令都会得到同样的试验和同样的结果。" }
    reproduce_lead_trials(numerics) { en: "Each trial gives the same model again, byte for byte, as long as the program's numerics version is {numerics}. The study as a whole may choose otherwise another time, since it did not run one trial at a time without a time limit.", zh: "只要程序的数值版本为 {numerics}，每个试验都会得到逐字节相同的模型。由于研究并非在无时间限制下逐个试验进行，整体重做时可能作出不同的选择。" }

    // Augmentation
    augmented_heading() { en: "A few rows, as training sees them", zh: "训练所见的数据样例" }
    augmented_help() { en: "Training images are varied anew in every epoch; validation and test images never are. Left: the image as it is; beside it, what the first epochs see.", zh: "训练图像在每一轮都会重新变化，验证与测试图像则保持不变。左侧为原图，右侧为前几轮所见。" }
    augmented_variant(label, epoch) { en: "class {label} as epoch {epoch} sees it", zh: "类别 {label} 在第 {epoch} 轮的样子" }
    augmented_original(label) { en: "{label}, as it is", zh: "{label}，原图" }
    augmented_epoch(epoch) { en: "epoch {epoch}", zh: "第 {epoch} 轮" }

    // Errors
    page_of_study() { en: "the page is the report of a study, not of a run", zh: "该页面是研究的报告，而不是运行的报告" }
    page_of_run() { en: "the page is the report of a run, not of a study", zh: "该页面是运行的报告，而不是研究的报告" }
    page_of_study_hint() { en: "verify the report of one of its runs", zh: "请核验其中某次运行的报告" }
    page_of_run_hint() { en: "give the report of a study", zh: "请给出研究的报告" }
}
