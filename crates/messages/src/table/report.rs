// Prose for a reader who is not trained: whole sentences, the finding first, no term without its meaning nearby.
crate::phrases! {
    // The page
    kicker() { en: "Run report", zh: "运行报告" }
    contents() { en: "Contents", zh: "目录" }
    skip_to_content() { en: "Skip to content", zh: "跳到正文" }
    switch_theme() { en: "Switch between light and dark", zh: "切换浅色与深色" }
    term_run() { en: "Run", zh: "运行" }
    term_date() { en: "Date", zh: "日期" }
    term_seed() { en: "Seed", zh: "随机种子" }
    term_program() { en: "Program", zh: "程序" }
    term_numerics() { en: "Numerics version", zh: "数值版本" }
    footer_made_by(version) { en: "Made by Proofmark {version}. This page is one file and loads nothing from anywhere.", zh: "由 Proofmark {version} 生成。本页是单个文件，不从任何地方加载内容。" }
    footer_evidence() { en: "It carries the evidence that it was made of:", zh: "页面内含它所依据的证据，可用此命令核验：" }

    // Numbers
    seconds(value) { en: "{value}\u{a0}s", zh: "{value}\u{a0}秒" }
    minutes_seconds(minutes, seconds) { en: "{minutes}\u{a0}min {seconds}\u{a0}s", zh: "{minutes}\u{a0}分\u{a0}{seconds}\u{a0}秒" }
    hours_minutes(hours, minutes) { en: "{hours}\u{a0}h {minutes}\u{a0}min", zh: "{hours}\u{a0}小时\u{a0}{minutes}\u{a0}分" }
    percentage_points(points) { en: "{points}\u{a0}points", zh: "{points}\u{a0}个百分点" }
    not_measured() { en: "not measured", zh: "未测量" }

    // Verdict
    title_verdict() { en: "Verdict", zh: "结论" }
    accepted() { en: "Accepted", zh: "通过" }
    refused() { en: "Refused", zh: "未通过" }
    data_refused() { en: "Data refused", zh: "数据不合格" }
    no_evidence() { en: "No evidence", zh: "缺少证据" }
    training_failed() { en: "Not trained", zh: "训练未完成" }
    measured_only() { en: "Measured", zh: "已测量" }
    tried() { en: "Tried", zh: "已试验" }
    pruned() { en: "Pruned", zh: "已剪枝" }
    holds() { en: "Holds", zh: "满足" }
    does_not_hold() { en: "Does not hold", zh: "不满足" }
    sentence_accepted() { en: "The model meets every criterion that was set for it, measured on test data that it had never seen.", zh: "模型在从未见过的测试数据上，满足了事先设定的全部标准。" }
    sentence_refused() { en: "Measured on test data that it had never seen, the model misses at least one criterion that was set for it.", zh: "在从未见过的测试数据上，模型至少有一项标准没有达到。" }
    sentence_refused_on_validation() { en: "The model already misses its criterion on validation data, so the test data was left unread for a better candidate.", zh: "模型在验证数据上就没有达到标准，因此测试数据未被读取，留给更好的候选模型。" }
    sentence_data_refused() { en: "The data does not meet the rules that were set for it, and cleaning could not mend it within its bounds. Nothing was trained.", zh: "数据不符合事先设定的规则，清洗在允许的限度内也无法修复，因此没有进行训练。" }
    sentence_no_evidence() { en: "A criterion reads something that was not measured. Without evidence the answer is neither yes nor no.", zh: "有一项标准引用了未测量的内容。没有证据，就既不能说通过，也不能说未通过。" }
    sentence_loss_not_finite(step) { en: "At step {step} the loss was no longer a finite number, so the training was stopped. There is no finished model.", zh: "训练到第 {step} 步时，损失不再是有限的数值，训练因此中止，没有得到完整的模型。" }
    sentence_training_failed() { en: "The training did not come to its end. There is no finished model.", zh: "训练没有进行到底，没有得到完整的模型。" }
    sentence_no_criterion() { en: "The model was trained and measured. No criterion was set for it, so nothing was accepted or refused.", zh: "模型已训练并测量。由于没有设定标准，因此不作通过与否的判断。" }
    sentence_tried() { en: "A trial of a study: trained, and measured on validation for the study to choose by. Nothing was accepted or refused.", zh: "这是一项调优研究中的一次试验：已训练，并在验证数据上测量，供研究挑选。不作通过与否的判断。" }
    sentence_pruned() { en: "A trial of a study, stopped before its end: what it had shown so far was hardly going to be among the best.", zh: "这是一项调优研究中的一次试验，已提前终止：从已有的表现看，它几乎不可能进入最好之列。" }
    training_pruned(epochs) { en: "Stopped by the study after {epochs}.", zh: "训练被调优研究提前终止，共 {epochs}。" }
    test_not_read() { en: "The test data was not read in this run.", zh: "本次运行没有读取测试数据。" }
    test_read_once() { en: "This run read the test data once, after every choice had been made.", zh: "本次运行只读取了一次测试数据，且在所有选择都确定之后。" }
    test_read_often(reads) { en: "This run read the test data {reads} times. Each reading after the first makes its figures less independent.", zh: "本次运行读取了 {reads} 次测试数据。首次之后的每次读取都会削弱结果的独立性。" }
    seal_title(verdict) { en: "Proof mark: {verdict}", zh: "验讫印记：{verdict}" }
    seal_description() { en: "A round stamp with the verdict in its middle. The engraved rosette is drawn from the digest of the model and differs for every model.", zh: "圆形印章，中间写明结论。环形花纹由模型的摘要绘制而成，不同的模型花纹各不相同。" }
    rim_measured_on_test() { en: "PROVED ON TEST DATA", zh: "以测试数据为证" }
    rim_refused_on_test() { en: "MEASURED ON TEST DATA", zh: "经测试数据实测" }
    rim_measured_on_validation() { en: "JUDGED ON VALIDATION", zh: "依据验证数据判定" }
    rim_data_gate() { en: "STOPPED AT THE DATA GATE", zh: "止于数据关卡" }
    rim_no_proof() { en: "NO PROOF WAS MADE", zh: "未能取得证明" }
    rim_trial() { en: "A TRIAL, NOT JUDGED", zh: "仅为试验，未判定" }
    rim_measured() { en: "MEASURED, NOT JUDGED", zh: "只测量，未判定" }
    flow_label() { en: "How far the run came", zh: "运行进行到哪一步" }
    stage_ingest() { en: "Read data", zh: "读取数据" }
    stage_prepare() { en: "Prepare", zh: "预处理" }
    stage_gate() { en: "Data gate", zh: "数据关卡" }
    stage_cross_validate() { en: "Cross-validate", zh: "交叉验证" }
    stage_train() { en: "Train", zh: "训练" }
    stage_validate() { en: "Validate", zh: "验证" }
    stage_accept() { en: "Accept on test", zh: "测试验收" }
    stage_passed() { en: "Done", zh: "完成" }
    stage_stopped() { en: "Stopped here", zh: "止于此" }
    stage_not_reached() { en: "Not reached", zh: "未到达" }
    stage_no_criterion() { en: "No criterion", zh: "无标准" }
    criteria_caption() { en: "Acceptance criteria, with what was measured and what was needed", zh: "验收标准：实测值与要求" }
    column_measured() { en: "Criterion", zh: "标准" }
    column_value() { en: "Value", zh: "实测值" }
    column_need() { en: "Needed", zh: "要求" }
    column_margin() { en: "Margin", zh: "余量" }
    column_judgement() { en: "Verdict", zh: "判定" }
    // A criterion in words
    words_at_least(subject, value) { en: "{subject} is at least {value}", zh: "{subject}不低于 {value}" }
    words_at_most(subject, value) { en: "{subject} is at most {value}", zh: "{subject}不高于 {value}" }
    words_above(subject, value) { en: "{subject} is more than {value}", zh: "{subject}高于 {value}" }
    words_below(subject, value) { en: "{subject} is less than {value}", zh: "{subject}低于 {value}" }
    words_equal(subject, value) { en: "{subject} is {value}", zh: "{subject}等于 {value}" }
    words_not_equal(subject, value) { en: "{subject} is not {value}", zh: "{subject}不等于 {value}" }
    words_value(metric) { en: "{metric}: the measured value", zh: "{metric}的实测值" }
    words_lower(metric) { en: "{metric}: the lower end of the 95% interval", zh: "{metric}的 95% 置信区间下限" }
    words_upper(metric) { en: "{metric}: the upper end of the 95% interval", zh: "{metric}的 95% 置信区间上限" }
    words_on_validation(metric) { en: "{metric} on validation", zh: "验证集上{metric}" }
    words_gain(metric) { en: "{metric}: the gain over the baseline", zh: "{metric}相对基线的提升" }
    words_gain_lower(metric) { en: "{metric}: the lower end of the gain over the baseline (95% interval)", zh: "{metric}相对基线提升的 95% 置信区间下限" }
    words_gain_upper(metric) { en: "{metric}: the upper end of the gain over the baseline (95% interval)", zh: "{metric}相对基线提升的 95% 置信区间上限" }
    words_baseline(metric) { en: "{metric} of the baseline", zh: "基线的{metric}" }
    words_weakest_slice(metric) { en: "{metric} of the weakest slice", zh: "表现最弱一组的{metric}" }
    words_strongest_slice(metric) { en: "{metric} of the strongest slice", zh: "表现最强一组的{metric}" }
    words_weakest_slice_by(metric, column) { en: "{metric} of the weakest slice by {column}", zh: "按 {column} 分组时最弱一组的{metric}" }
    words_strongest_slice_by(metric, column) { en: "{metric} of the strongest slice by {column}", zh: "按 {column} 分组时最强一组的{metric}" }
    words_rows() { en: "The number of rows before the split", zh: "划分前的数据行数" }
    words_train_rows() { en: "The number of rows for training", zh: "训练数据的行数" }
    words_validation_rows() { en: "The number of rows for validation", zh: "验证数据的行数" }
    words_test_rows() { en: "The number of rows for the test", zh: "测试数据的行数" }
    words_dropped() { en: "The share of the rows that cleaning dropped", zh: "清洗剔除的行所占比例" }
    words_test_reads() { en: "The number of readings of the test data (with this one)", zh: "测试数据的读取次数（含本次）" }
    words_epochs() { en: "The number of epochs trained", zh: "训练轮数" }
    words_best_epoch() { en: "The epoch that was kept", zh: "所保留的轮次" }
    words_parameters() { en: "The number of parameters of the model", zh: "模型的参数量" }

    // Key figures
    title_key_figures() { en: "Key figures", zh: "关键数字" }
    figure_interval(lower, upper) { en: "95% interval {lower} to {upper}", zh: "95% 置信区间 {lower} 至 {upper}" }
    figure_mistakes() { en: "Mistakes", zh: "错误数" }
    figure_of_rows(rows) { en: "of {rows} judged rows", zh: "共判断 {rows} 行" }
    figure_rows() { en: "Rows of data", zh: "数据行数" }
    figure_excluded(rows) { en: "{rows} taken out", zh: "剔除 {rows} 行" }
    figure_rules() { en: "Data rules met", zh: "满足的数据规则" }
    figure_rules_note(rounds) { en: "rounds of cleaning: {rounds}", zh: "清洗轮数：{rounds}" }
    figure_parameters() { en: "Parameters", zh: "参数量" }
    figure_layers(layers) { en: "layers: {layers}", zh: "层数：{layers}" }
    figure_epoch() { en: "Training per epoch", zh: "每轮训练时间" }
    figure_epochs(epochs) { en: "epochs: {epochs}", zh: "训练轮数：{epochs}" }
    figure_memory() { en: "Peak memory", zh: "内存峰值" }
    figure_memory_note() { en: "whole process", zh: "整个进程" }

    // Data
    title_data() { en: "Data", zh: "数据" }
    data_lead(rows) { en: "The sources hold {rows} rows. Each row belongs to one split only.", zh: "数据源共有 {rows} 行，每一行只属于一个划分。" }
    data_lead_classes(rows, classes) { en: "The sources hold {rows} rows in {classes} classes. Each row belongs to one split only.", zh: "数据源共有 {rows} 行、{classes} 个类别，每一行只属于一个划分。" }
    data_lead_balance(rows, classes, ratio) { en: "The sources hold {rows} rows in {classes} classes. The largest class has {ratio} times the rows of the smallest.", zh: "数据源共有 {rows} 行、{classes} 个类别。最大类别的行数是最小类别的 {ratio} 倍。" }
    split_train() { en: "Train", zh: "训练" }
    split_validation() { en: "Validation", zh: "验证" }
    split_test() { en: "Test", zh: "测试" }
    split_unused() { en: "Unused", zh: "未使用" }
    split_excluded() { en: "Excluded", zh: "剔除" }
    split_train_use() { en: "fits the model", zh: "用于拟合模型" }
    split_validation_use() { en: "chooses what to keep", zh: "用于选择保留哪个结果" }
    split_test_use() { en: "gives the verdict", zh: "用于得出结论" }
    split_unused_use() { en: "could fit the parameters; fewer were asked for", zh: "本可用于训练，但设定只取一部分" }
    split_excluded_use() { en: "takes no part", zh: "不参与" }
    splits_caption() { en: "Rows of each split and what it is for", zh: "各划分的行数与用途" }
    separator() { en: ", ", zh: "、" }
    faults_injected(faults) { en: "Faults were put into the training data on purpose, to show what the data gate does: {faults}. The source files do not have them.", zh: "为演示数据关卡的作用，训练数据中有意加入了缺陷：{faults}。数据源文件本身没有这些缺陷。" }
    fault_missing_labels() { en: "labels taken away", zh: "去除标签" }
    fault_duplicates() { en: "rows replaced by copies", zh: "替换为重复行" }
    fault_blank() { en: "images blanked", zh: "抹成空白" }
    fault_corrupted() { en: "images corrupted", zh: "损坏图像" }
    fault_rows(fault, rows) { en: "{rows} {fault}", zh: "{fault} {rows} 行" }
    column_split() { en: "Split", zh: "划分" }
    column_use() { en: "Use", zh: "用途" }
    column_rows() { en: "Rows", zh: "行数" }
    column_share() { en: "Share", zh: "占比" }
    samples_heading() { en: "A few rows, as the model sees them", zh: "模型所见的数据样例" }
    image_of(label) { en: "sample of class {label}", zh: "类别 {label} 的样例" }
    classes_heading() { en: "Balance of the classes", zh: "类别分布" }
    classes_caption() { en: "Rows of each class in each split", zh: "每个类别在各划分中的行数" }
    column_class() { en: "Class", zh: "类别" }
    more_classes(classes) { en: "Smaller classes that are not shown: {classes}.", zh: "另有 {classes} 个较小的类别未列出。" }
    sources_heading() { en: "Sources", zh: "数据源" }
    sources_caption() { en: "Sources with the digests of their bytes", zh: "数据源及其字节摘要" }
    column_source() { en: "Source", zh: "数据源" }

    // Data gate
    title_cleaning() { en: "Data gate", zh: "数据关卡" }
    gate_lead_clean_one() { en: "The data met its rule as it came. Nothing was changed.", zh: "数据原样满足规则，未作任何改动。" }
    gate_lead_clean(rules) { en: "The data met its {rules} rules as it came. Nothing was changed.", zh: "数据原样满足全部 {rules} 条规则，未作任何改动。" }
    one_round_of_cleaning() { en: "one round of cleaning", zh: "1 轮清洗" }
    rounds_of_cleaning(rounds) { en: "{rounds} rounds of cleaning", zh: "{rounds} 轮清洗" }
    gate_lead_mended_one(cleaning) { en: "The rule failed at first. After {cleaning} it holds.", zh: "规则最初不满足；经过 {cleaning}后得到满足。" }
    gate_lead_mended(failed, rules, cleaning) { en: "{failed} of {rules} rules failed at first. After {cleaning} all of them hold.", zh: "最初 {rules} 条规则中有 {failed} 条不满足；经过 {cleaning}后全部满足。" }
    gate_lead_refused_at_once_one() { en: "The rule does not hold, and nothing was cleaned. The gate stays shut.", zh: "规则不满足，且没有进行清洗，关卡未放行。" }
    gate_lead_refused_at_once(failed, rules) { en: "{failed} of {rules} rules fail, and nothing was cleaned. The gate stays shut.", zh: "{rules} 条规则中有 {failed} 条不满足，且没有进行清洗，关卡未放行。" }
    gate_lead_refused_one(cleaning) { en: "The rule still fails after {cleaning}. The gate stays shut.", zh: "经过 {cleaning}，规则仍不满足，关卡未放行。" }
    gate_lead_refused(failed, rules, cleaning) { en: "{failed} of {rules} rules still fail after {cleaning}. The gate stays shut.", zh: "经过 {cleaning}，{rules} 条规则中仍有 {failed} 条不满足，关卡未放行。" }
    stopped_at_once() { en: "No cleaning was needed. The files themselves are never changed.", zh: "无需清洗。原始文件始终不会被改动。" }
    stopped_met() { en: "Cleaning ended because every rule is met. The files themselves are never changed.", zh: "所有规则均已满足，清洗结束。原始文件始终不会被改动。" }
    stopped_no_operator() { en: "Cleaning ended because none of the listed operators can help the rules that fail.", zh: "列出的清洗操作都无法改善仍不满足的规则，清洗结束。" }
    stopped_no_change() { en: "Cleaning ended because a round changed nothing any more.", zh: "最后一轮没有带来任何变化，清洗结束。" }
    stopped_round_limit() { en: "Cleaning ended because the largest number of rounds was reached.", zh: "已达到清洗轮数上限，清洗结束。" }
    stopped_too_much_dropped(dropped, of, share, allowed) { en: "Cleaning was not done: it would have dropped {dropped} of {of} rows ({share}), and the spec allows {allowed}.", zh: "没有执行清洗：这将剔除 {of} 行中的 {dropped} 行（{share}），而规格只允许 {allowed}。" }
    stopped_too_much_of_class(dropped, of, class, share, allowed) { en: "Cleaning was not done: it would have dropped {dropped} of {of} rows of class {class} ({share}), and the spec allows {allowed}.", zh: "没有执行清洗：这将剔除类别 {class} 的 {of} 行中的 {dropped} 行（{share}），而规格只允许 {allowed}。" }
    rules_caption() { en: "Rules for the data, with what they read", zh: "数据规则及其读数" }
    reading_need(operator, need) { en: "needed {operator} {need}", zh: "要求 {operator} {need}" }
    column_rule() { en: "Rule", zh: "规则" }
    column_reading() { en: "Reading", zh: "读数" }
    column_before() { en: "Before cleaning", zh: "清洗前" }
    column_after() { en: "After cleaning", zh: "清洗后" }
    rounds_heading() { en: "Cleaning, round by round", zh: "逐轮清洗" }
    rounds_caption() { en: "What each operator did in each round", zh: "每一轮中各操作的效果" }
    column_round() { en: "Round", zh: "轮次" }
    column_operator() { en: "Operator", zh: "操作" }
    column_dropped() { en: "Dropped", zh: "剔除" }
    column_rows_after() { en: "Rows left", zh: "剩余行数" }
    round_total() { en: "Whole round", zh: "本轮合计" }
    round_not_done() { en: "Not done", zh: "未执行" }

    // Model
    title_model() { en: "Model", zh: "模型" }
    model_lead_one(parameters) { en: "One layer, which learns {parameters} numbers from the data.", zh: "共 1 层，从数据中学习 {parameters} 个数值。" }
    model_lead(layers, parameters) { en: "{layers} layers, which learn {parameters} numbers from the data.", zh: "共 {layers} 层，从数据中学习 {parameters} 个数值。" }
    model_lead_cost(operations) { en: " One prediction takes {operations} multiply-adds.", zh: "一次预测需要 {operations} 次乘加运算。" }
    network_label() { en: "The network from its input to its output, with the shape that each layer gives", zh: "从输入到输出的网络结构，附各层输出的形状" }
    network_input() { en: "input", zh: "输入" }
    layers_caption() { en: "Layers with the shape of their output and their parameters", zh: "各层的输出形状与参数量" }
    column_layer() { en: "Layer", zh: "层" }
    column_kind() { en: "Kind", zh: "类型" }
    column_inputs() { en: "Inputs", zh: "输入" }
    column_output() { en: "Output", zh: "输出形状" }
    column_parameters() { en: "Parameters", zh: "参数量" }
    layers_total() { en: "All layers", zh: "合计" }
    settings_heading() { en: "How it was fitted", zh: "训练设置" }

    // Training
    title_cross_validation() { en: "Cross-validation", zh: "交叉验证" }
    folds_lead(metric, mean, interval, folds, rows) {
        en: "{metric} over {folds} folds: {mean} on average, with a 95% interval of {interval}. Each of {rows} rows was judged by a model that had not seen it.",
        zh: "{folds} 折的平均{metric}为 {mean}，95% 置信区间 {interval}。共 {rows} 行，每行都由没有见过它的模型评判。",
    }
    folds_metrics_caption(kind) { en: "Metrics over the folds ({kind})", zh: "各折汇总指标（{kind}）" }
    folds_help() {
        en: "Folds share most of their training rows, so their results are not independent; the mean's interval is widened for that (Nadeau and Bengio 2003). Out of fold takes all held-out rows as one set; its interval knows nothing of how models vary.",
        zh: "各折的训练数据大部分重叠，结果并不相互独立，平均值的区间已为此加宽（Nadeau 与 Bengio，2003）。“折外合并”把所有留出的行视为一个整体，其区间不反映模型之间的差异。",
    }
    folds_heading() { en: "Fold by fold", zh: "逐折结果" }
    folds_caption(metric) { en: "{metric} of each fold, with the mean's line", zh: "各折的{metric}，竖线为平均值" }
    folds_stratified() { en: "stratified", zh: "按类别分层" }
    folds_plain() { en: "plain", zh: "随机划分" }
    folds_grouped() { en: "grouped", zh: "按组划分" }
    folds_time() { en: "forward in time", zh: "按时间向前滚动" }
    column_mean() { en: "Mean", zh: "平均值" }
    column_deviation() { en: "Deviation", zh: "标准差" }
    column_out_of_fold() { en: "Out of fold", zh: "折外合并" }
    column_fold() { en: "Fold", zh: "折" }
    column_train_rows() { en: "Trained on", zh: "训练行数" }
    column_inner_rows() { en: "Stopped by", zh: "内部验证行数" }
    column_held_out_rows() { en: "Held out", zh: "留出行数" }
    column_epochs() { en: "Epochs", zh: "轮数" }
    title_training() { en: "Training", zh: "训练" }
    one_epoch() { en: "one epoch", zh: "1 轮" }
    n_epochs(epochs) { en: "{epochs} epochs", zh: "{epochs} 轮" }
    training_finished(epochs) { en: "Trained for {epochs}, as the spec asks.", zh: "按规格完成了全部训练，共 {epochs}。" }
    training_early_stopping(epochs) { en: "Stopped early, after {epochs}, as validation no longer improved.", zh: "验证结果不再改善，训练提前停止，共 {epochs}。" }
    training_loss_not_finite(step) { en: "Stopped at step {step}, where the loss was no longer a finite number.", zh: "在第 {step} 步中止，因为损失不再是有限的数值。" }
    training_interrupted(epochs) { en: "Interrupted after {epochs}; it can be resumed.", zh: "训练被中断，可以继续，已进行 {epochs}。" }
    training_best(epoch) { en: " The parameters after epoch {epoch} were the best on validation and were kept.", zh: "第 {epoch} 轮之后的参数在验证集上最好，予以保留。" }
    best_epoch(epoch) { en: "best: epoch {epoch}", zh: "最佳：第 {epoch} 轮" }
    best() { en: "best epoch", zh: "最佳轮次" }
    epoch() { en: "Epoch", zh: "轮次" }
    loss_title() { en: "Loss: how wrong the model is", zh: "损失：模型错得有多厉害" }
    accuracy_title() { en: "Accuracy: how often it is right", zh: "准确率：判断正确的比例" }
    learning_rate() { en: "Learning rate", zh: "学习率" }
    learning_rate_description() { en: "The learning rate after each epoch.", zh: "每一轮之后的学习率。" }
    curve_description(epochs, train, validation) { en: "Line chart over {epochs} epochs. Last values: train {train}, validation {validation}. The table below holds every value.", zh: "随训练轮次变化的折线图，共 {epochs} 轮。最后的值：训练 {train}，验证 {validation}。下方表格列有全部数值。" }
    curves_help() { en: "Train is averaged while the model is still learning in that epoch, with dropout if it has any; validation is measured after it, without. Validation can therefore look better than train.", zh: "训练曲线是该轮学习过程中的平均值，如有随机失活（dropout）则处于开启状态；验证曲线在该轮结束后测得，不含随机失活。因此验证结果可能好于训练结果。" }
    curves_help_train_only() { en: "This run has no validation data; the curves show the training data only.", zh: "本次运行没有验证数据，曲线只反映训练数据。" }
    epochs_summary() { en: "Every epoch in numbers", zh: "逐轮数据" }
    epochs_caption() { en: "Losses, accuracies and time of each epoch", zh: "每一轮的损失、准确率与用时" }
    column_train_loss() { en: "Train loss", zh: "训练损失" }
    column_validation_loss() { en: "Validation loss", zh: "验证损失" }
    column_train_accuracy() { en: "Train accuracy", zh: "训练准确率" }
    column_validation_accuracy() { en: "Validation accuracy", zh: "验证准确率" }
    column_time() { en: "Time", zh: "用时" }
    column_parameters_digest() { en: "Digest of parameters", zh: "参数摘要" }

    // Study: its words stand in `report_study`
    title_study() { en: "Study", zh: "研究" }

    // Metrics
    title_metrics() { en: "Results", zh: "结果" }
    metrics_lead_test(rows) { en: "Measured on {rows} rows of test data that took no part in training or in any choice.", zh: "在 {rows} 行测试数据上测得，这些数据没有参与训练，也没有参与任何选择。" }
    metrics_lead_validation(rows) { en: "Measured on {rows} rows of validation data. Choices were made on them, so these figures are somewhat kind to the model.", zh: "在 {rows} 行验证数据上测得。模型的选择依据了这些数据，因此结果略偏乐观。" }
    metrics_lead_train(rows) { en: "Measured on {rows} rows of training data. The model has seen them, so these figures say little about new data.", zh: "在 {rows} 行训练数据上测得。模型已见过这些数据，因此结果不能说明它在新数据上的表现。" }
    verification_thresholds(accuracy, equal_error) { en: "Two samples are taken for members of one class up to a distance of {accuracy} (verification accuracy); errors of both kinds are equally frequent at {equal_error}.", zh: "距离不超过 {accuracy} 的两个样本判为同类（验证对准确率）；两类错误在距离 {equal_error} 处同样频繁。" }
    metrics_caption() { en: "Metrics with their 95% intervals and the baseline", zh: "各项指标、95% 置信区间与基线" }
    interval_help() { en: "The dot is the value, the bar its 95% interval: measured again on other rows of the same kind, the value would be expected within it. The baseline knows the answers' frequencies and nothing else.", zh: "圆点为实测值，横线为 95% 置信区间：换一批同类数据再测，结果预计落在此区间内。基线只知道各答案出现的频率，别无所知。" }
    column_metric() { en: "Metric", zh: "指标" }
    column_interval() { en: "95% interval", zh: "95% 置信区间" }
    column_baseline() { en: "Baseline", zh: "基线" }
    column_gain() { en: "Gain", zh: "提升" }
    lower_is_better() { en: "lower is better", zh: "越低越好" }
    metric_accuracy() { en: "Accuracy", zh: "准确率" }
    metric_balanced_accuracy() { en: "Balanced accuracy", zh: "均衡准确率" }
    metric_precision() { en: "Precision", zh: "精确率" }
    metric_recall() { en: "Recall", zh: "召回率" }
    metric_f1() { en: "F1", zh: "F1 值" }
    metric_loss() { en: "Loss", zh: "损失" }
    metric_log_loss() { en: "Log loss", zh: "对数损失" }
    metric_perplexity() { en: "Perplexity", zh: "困惑度" }
    metric_huber() { en: "Huber loss", zh: "Huber 损失" }
    metric_brier() { en: "Brier score", zh: "Brier 分数" }
    metric_ece() { en: "Calibration error", zh: "校准误差" }
    metric_verification_accuracy() { en: "Verification accuracy", zh: "验证对准确率" }
    metric_label_error_rate() { en: "Label error rate", zh: "标签错误率" }
    metric_equal_error_rate() { en: "Equal error rate", zh: "等错误率" }
    metric_verification_auc() { en: "Area under the ROC curve", zh: "ROC 曲线下面积" }
    metric_mse() { en: "Mean squared error", zh: "均方误差" }
    metric_mae() { en: "Mean absolute error", zh: "平均绝对误差" }
    metric_rmse() { en: "Root mean squared error", zh: "均方根误差" }
    metric_r2() { en: "R²", zh: "决定系数 R²" }
    metric_macro(metric) { en: "{metric}, mean over classes", zh: "{metric}（各类别平均）" }
    metric_weighted(metric) { en: "{metric}, weighted by class size", zh: "{metric}（按类别大小加权）" }
    metric_micro(metric) { en: "{metric}, over all rows", zh: "{metric}（全部行合计）" }
    metric_of_class(metric, class) { en: "{metric} of {class}", zh: "{class} 的{metric}" }

    // Confusion
    title_confusion() { en: "Confusions", zh: "混淆情况" }
    confusion_lead_one(actual, predicted) { en: "No confusion happened more than once; one of them: {actual} was taken for {predicted}.", zh: "没有重复出现的混淆；其中一次是把“{actual}”当成“{predicted}”。" }
    confusion_lead(actual, predicted, count) { en: "The most frequent confusion: {actual} was taken for {predicted}, {count} times.", zh: "最常见的混淆是把“{actual}”当成“{predicted}”，共 {count} 次。" }
    confusion_lead_none() { en: "No class was taken for another.", zh: "没有任何类别被误判。" }
    confusion_help() { en: "Each row is a true class, each column what the model said. The blue diagonal is right; the redder a cell beside it, the more rows were mistaken that way. Recall: share of a true class that was found. Precision: share of what was said that is true. Both in per cent.", zh: "每一行是真实类别，每一列是模型的判断。蓝色对角线为判断正确；其余格子越红，该类误判越多。召回率：真实类别中被找出的比例。精确率：判断为该类的结果中正确的比例。单位均为 %。" }
    confusion_caption() { en: "Confusion matrix: rows of each true class by predicted class", zh: "混淆矩阵：各真实类别被判断成各类别的行数" }
    confusion_pairs_caption() { en: "The most frequent confusions", zh: "最常见的混淆" }
    confusion_actual() { en: "Actual", zh: "真实" }
    confusion_predicted() { en: "Predicted", zh: "判断" }

    // Mistakes
    title_mistakes() { en: "Worst mistakes", zh: "最严重的错误" }
    mistakes_lead_one() { en: "The one mistake that the model made. Look at it: it may be the model's fault, or the label's.", zh: "模型唯一判断错误的例子。不妨细看：可能是模型的错，也可能是标签的错。" }
    mistakes_lead(shown) { en: "The {shown} mistakes that the model was surest of. Look at them: some are the model's fault, some the label's.", zh: "模型最有把握却判断错误的 {shown} 个例子。不妨细看：有些是模型的错，有些是标签的错。" }
    mistake_actual() { en: "is", zh: "实为" }
    mistake_predicted() { en: "said", zh: "判为" }
    mistake_probability(probability) { en: "{probability} sure", zh: "把握 {probability}" }
    row_number(row) { en: "row {row}", zh: "第 {row} 行" }
    image_of_row(row, label) { en: "row {row}, class {label}", zh: "第 {row} 行，类别 {label}" }

    // Slices
    title_slices() { en: "Slices", zh: "分组表现" }
    slices_lead(metric, slice, value) { en: "Is it good for everyone? {metric} is weakest for {slice}: {value}.", zh: "对每一组都好吗？{metric}最弱的一组是 {slice}：{value}。" }
    slices_lead_unknown() { en: "The same metric, part by part.", zh: "同一指标在各部分上的表现。" }
    slices_caption(metric, by) { en: "{metric} by {by}", zh: "按 {by} 分组的{metric}" }
    slices_help(overall) { en: "The dashed line is the value over all rows, {overall}. A bar that crosses it may differ by chance alone.", zh: "虚线为全部数据上的值 {overall}。横线与虚线相交时，差异可能只是偶然。" }
    weakest() { en: "weakest", zh: "最弱" }

    // Calibration
    title_calibration() { en: "Calibration", zh: "校准" }
    calibration_lead(ece) { en: "Can its probabilities be believed? On average they are off by {ece} (expected calibration error).", zh: "模型给出的概率可信吗？平均偏差为 {ece}（期望校准误差）。" }
    calibration_lead_unknown() { en: "Can its probabilities be believed? The nearer to the diagonal, the better.", zh: "模型给出的概率可信吗？越接近对角线越好。" }
    calibration_chart() { en: "Reliability diagram", zh: "可靠性图" }
    calibration_description(groups) { en: "What the model says against how often it is right, in {groups} groups of predictions. The table beside it holds every value.", zh: "模型给出的概率与实际正确率的对照，预测分为 {groups} 组。旁边的表格列有全部数值。" }
    calibration_few(few) { en: "Faded: groups of fewer than {few} predictions. A share of so few is mostly chance.", zh: "淡色：不足 {few} 个预测的组。数量太少，比例多半出于偶然。" }
    calibration_confidence() { en: "How sure the model says it is", zh: "模型自称的把握" }
    calibration_accuracy() { en: "How often it is right", zh: "实际正确率" }
    calibration_counts() { en: "Number of predictions (square-root scale)", zh: "预测数量（平方根刻度）" }
    calibration_perfect() { en: "dashed: perfect", zh: "虚线：完美校准" }
    calibration_caption() { en: "Predictions in groups of similar probability", zh: "按概率相近分组的预测" }
    column_says() { en: "Says", zh: "自称" }
    column_is_right() { en: "Is right", zh: "实际" }

    // Cost
    title_cost() { en: "Cost", zh: "成本" }
    cost_lead() { en: "Time and memory as observed in this run. They depend on the machine; the results do not.", zh: "本次运行实测的时间与内存。它们取决于机器，而结果不取决于机器。" }
    cost_lead_machine(machine) { en: "As observed on {machine}. Time and memory depend on the machine; the results do not.", zh: "在 {machine} 上实测。时间与内存取决于机器，而结果不取决于机器。" }
    cost_total() { en: "Whole run", zh: "总用时" }
    cost_epoch() { en: "Training per epoch", zh: "每轮训练时间" }
    cost_cpu() { en: "Processor time", zh: "处理器时间" }
    cost_threads() { en: "Threads", zh: "线程数" }
    stages_caption() { en: "Time of each stage", zh: "各阶段用时" }
    column_stage() { en: "Stage", zh: "阶段" }

    // Provenance
    title_provenance() { en: "Provenance", zh: "来源与证据" }
    provenance_lead() { en: "Verdict, criteria, rows, epochs and metrics come from these statements. A digest is a fingerprint: if one byte changes, so does the digest. Observed only, and no evidence: times, machine, memory, date, and the images shown.", zh: "结论、标准、行数、各轮训练与各项指标均来自下列陈述。摘要就是指纹：只要改动一个字节，摘要就会不同。以下内容仅为观测，不作为证据：耗时、机器、内存、日期以及所展示的图像。" }
    evidence_caption() { en: "Evidence with its grade and digest", zh: "证据及其等级与摘要" }
    column_statement() { en: "Statement", zh: "陈述" }
    column_grade() { en: "Grade", zh: "等级" }
    grade_measured() { en: "measured", zh: "实测" }
    grade_reported() { en: "reported", zh: "上报" }
    grade_attested() { en: "attested", zh: "声明" }
    grade_help() { en: "Measured: this program computed it from data that it read. Reported: another program sent it. Attested: a person said so.", zh: "实测：本程序读取数据后亲自计算得出。上报：由其他程序提交。声明：由人陈述。" }
    digests_heading() { en: "What the run is pinned to", zh: "本次运行所锁定的内容" }
    spec_summary() { en: "The spec, as written", zh: "规格原文" }

    // Reproduce
    title_reproduce() { en: "Do it again", zh: "复现" }
    reproduce_lead(numerics) { en: "The same commands give the same model, byte for byte, on any machine and any number of threads, as long as the program's numerics version is {numerics}.", zh: "只要程序的数值版本为 {numerics}，无论在哪台机器、用多少线程，同样的命令都会得到逐字节相同的模型。" }
    model_digest() { en: "Model file that must come out (SHA-256)", zh: "应得到的模型文件（SHA-256）" }

    // Errors
    thumbnail_shape(width, height, channels) { en: "expected an image of at least one pixel with 1 to 4 channels, received `{width}` x `{height}` x `{channels}`", zh: "图像至少应有一个像素、1 至 4 个通道，实际为 `{width}` x `{height}` x `{channels}`" }
    thumbnail_length(expected, received) { en: "expected `{expected}` bytes of pixels, received `{received}`", zh: "像素应为 `{expected}` 字节，实际为 `{received}` 字节" }
    thumbnail_encoding() { en: "the pixels of an image are not base64", zh: "图像的像素不是 base64 编码" }
    evidence_absent() { en: "the page carries no evidence", zh: "页面中没有证据" }
    evidence_malformed(cause) { en: "the evidence of the page cannot be read: {cause}", zh: "页面中的证据无法读取：{cause}" }
    evidence_hint() { en: "make the page again from the folder of its run: `proofmark report RUN`", zh: "请从运行文件夹重新生成页面：`proofmark report RUN`" }
}
