// Help and results. A label stands alone in front of its text; a verdict is one or two words.
crate::phrases! {
    // The program and its help
    about() { en: "From data to a model that is accepted on evidence, and can prove it.", zh: "从数据到以证据验收的模型，并且可以复核。" }
    heading_usage() { en: "Usage:", zh: "用法：" }
    heading_commands() { en: "Commands", zh: "命令" }
    heading_arguments() { en: "Arguments", zh: "参数" }
    heading_options() { en: "Options", zh: "选项" }
    heading_global() { en: "Global options", zh: "通用选项" }
    heading_example() { en: "Example:", zh: "示例：" }
    heading_scenarios() { en: "Scenarios:", zh: "场景：" }
    option_help() { en: "Print this help", zh: "显示帮助" }
    option_version() { en: "Print the version", zh: "显示版本" }
    option_json() { en: "Write results for programs: the last line of standard output is one JSON object", zh: "输出供程序读取的结果：标准输出的最后一行是一个 JSON 对象" }
    option_threads() { en: "Worker threads; changes no bit of a result [default: all cores]", zh: "工作线程数，不影响结果的任何一位 [默认：全部核心]" }
    option_simd() { en: "Instructions to use: scalar, avx2 or avx512; changes no bit of a result [default: the best there are]", zh: "使用的指令集：scalar、avx2 或 avx512，不影响结果的任何一位 [默认：可用的最佳指令集]" }
    option_data_dir() { en: "Where runs are kept [default: .proofmark]", zh: "存放运行结果的目录 [默认：.proofmark]" }
    option_lang() { en: "Language of messages and reports: en or zh-CN [default: that of the locale]", zh: "消息和报告的语言：en 或 zh-CN [默认：随系统区域设置]" }
    option_set() { en: "Change a value of the spec, as in `train.epochs=3`; may stand several times", zh: "修改规格中的值，例如 `train.epochs=3`，可多次使用" }
    argument_spec() { en: "The spec, a YAML file", zh: "规格文件（YAML）" }
    argument_run() { en: "A run: its id, the beginning of its id, or its folder", zh: "运行：编号、编号的开头部分或所在文件夹" }

    // new
    new_about() { en: "Write a ready spec to start from", zh: "写出一份现成的规格，作为起点" }
    argument_scenario() { en: "Which one; with `--from`, the folder to write into [default: here]", zh: "场景名称；与 `--from` 同用时为写入的文件夹 [默认：当前文件夹]" }
    argument_dir() { en: "The folder to write it into", zh: "写入的文件夹" }
    option_from() { en: "Your own images, a folder with one sub-folder per class or with IDX files: they are measured, and a spec with proposed rules is written", zh: "您自己的图像：每个类别一个子文件夹，或 IDX 文件；程序测量后写出带有建议规则的规格" }
    images_line(images, classes, height, width, channels) { en: "{images} images of {classes} classes, read as {height} x {width} x {channels}", zh: "{classes} 个类别的 {images} 幅图像，按 {height} x {width} x {channels} 读取" }
    option_data() { en: "The folder of the data [default: `datasets/mnist` here or in a folder above]", zh: "数据所在的文件夹 [默认：当前或上级文件夹中的 `datasets/mnist`]" }
    scenario_digits() { en: "a convolutional network learns handwritten digits and proves it", zh: "卷积网络学习手写数字，并给出证明" }
    scenario_digits_resnet() { en: "a residual network learns them from images that are varied each time", zh: "残差网络用每次都有变化的图像学习手写数字" }
    scenario_digits_study() { en: "a study finds better settings, judged on validation", zh: "调优研究以验证数据为准，寻找更好的设置" }
    scenario_digits_dirty() { en: "the same data with faults; the gate says no, cleaning mends it", zh: "同样的数据带有缺陷：关卡先拒绝，清洗后放行" }
    scenario_beyond_repair() { en: "data that cannot be mended; the run stops and says why", zh: "无法修复的数据：运行停止并说明原因" }
    label_spec() { en: "spec", zh: "规格" }
    label_next() { en: "next", zh: "下一步" }
    data_expected(path) { en: "{path} (not there yet: put the four MNIST files into it)", zh: "{path}（尚不存在，请把 MNIST 的四个文件放入其中）" }
    no_such_scenario(name) { en: "there is no scenario `{name}`", zh: "没有名为 `{name}` 的场景" }
    no_such_scenario_hint(names) { en: "there are {names}", zh: "可用的场景：{names}" }
    file_exists(path) { en: "`{path}` is there already", zh: "`{path}` 已经存在" }
    file_exists_hint() { en: "choose another folder, or remove the file", zh: "请换一个文件夹，或删除该文件" }
    scenario_without_data(name) { en: "the scenario `{name}` does not say where its data are", zh: "场景 `{name}` 没有写明数据所在位置" }

    // run
    run_about() { en: "Take a spec through the whole flow: data, gate, training, test, verdict, report", zh: "完成规格的整个流程：数据、关卡、训练、测试、结论、报告" }
    option_resume() { en: "Go on with a run that was interrupted, from its newest checkpoint", zh: "从最新的检查点继续被中断的运行" }
    progress_run(run) { en: "run {run}", zh: "运行 {run}" }
    progress_notice(text) { en: "note: {text}", zh: "提示：{text}" }
    progress_fold(fold, folds, metric, value, seconds) {
        en: "fold {fold}/{folds}  {metric} {value}  {seconds}",
        zh: "第 {fold}/{folds} 折  {metric} {value}  {seconds}",
    }
    progress_fold_alone(fold, folds, seconds) { en: "fold {fold}/{folds}  {seconds}", zh: "第 {fold}/{folds} 折  {seconds}" }
    progress_epoch(epoch, loss, validation, accuracy, seconds) {
        en: "epoch {epoch}  loss {loss}  validation {validation} ({accuracy})  {seconds}",
        zh: "第 {epoch} 轮  损失 {loss}  验证 {validation}（{accuracy}）  {seconds}",
    }
    progress_epoch_alone(epoch, loss, accuracy, seconds) {
        en: "epoch {epoch}  loss {loss} ({accuracy})  {seconds}",
        zh: "第 {epoch} 轮  损失 {loss}（{accuracy}）  {seconds}",
    }
    progress_epoch_bar(epoch, epochs, loss, rate, left) {
        en: "epoch {epoch}/{epochs}  loss {loss}  {rate} samples/s  {left} left",
        zh: "第 {epoch}/{epochs} 轮  损失 {loss}  {rate} 样本/秒  剩余 {left}",
    }
    progress_epoch_start(epoch, epochs, loss) { en: "epoch {epoch}/{epochs}  loss {loss}", zh: "第 {epoch}/{epochs} 轮  损失 {loss}" }
    failed_run(run) { en: "what was done until then is in the run `{run}`", zh: "此前的结果保存在运行 `{run}` 中" }
    verdict_interrupted() { en: "Interrupted", zh: "已中断" }
    sentence_interrupted() { en: "A checkpoint was written; nothing is lost.", zh: "检查点已写入，没有丢失任何进度。" }
    label_go_on() { en: "go on", zh: "继续" }
    label_criterion() { en: "criterion", zh: "标准" }
    criterion_line(comparison, value, judgement) { en: "{comparison}   measured {value}   {judgement}", zh: "{comparison}   实测 {value}   {judgement}" }
    holds() { en: "holds", zh: "满足" }
    does_not_hold() { en: "does not hold", zh: "不满足" }
    label_test_accuracy() { en: "test accuracy", zh: "测试准确率" }
    label_cross_validation() { en: "cross-validation", zh: "交叉验证" }
    label_validation_accuracy() { en: "validation accuracy", zh: "验证准确率" }
    accuracy_line(value, lower, upper) { en: "{value}   95 % interval {lower} to {upper}", zh: "{value}   95% 置信区间 {lower} 至 {upper}" }
    baseline(value) { en: "   baseline {value}", zh: "   基线 {value}" }
    label_time() { en: "time", zh: "用时" }
    time_with_epochs(whole, epoch) { en: "{whole}, {epoch} an epoch", zh: "{whole}，每轮 {epoch}" }
    label_model() { en: "model", zh: "模型" }
    label_report() { en: "report", zh: "报告" }
    label_again() { en: "do it again", zh: "复现" }
    label_rule() { en: "rule", zh: "规则" }
    label_cleaning() { en: "cleaning", zh: "清洗" }
    rule_line(rule, values) { en: "{rule}   read {values}", zh: "{rule}   读数 {values}" }

    // check
    check_about() { en: "Check a spec with its data, and train nothing", zh: "检查规格及其数据，不进行训练" }
    verdict_ready() { en: "Ready", zh: "就绪" }
    sentence_ready(file) { en: "Spec, data and model fit together: `proofmark run {file}` trains it.", zh: "规格、数据与模型相互匹配，可用 `proofmark run {file}` 训练。" }
    label_data() { en: "data", zh: "数据" }
    split_line(train, validation, test) { en: "train {train}, validation {validation}, test {test}", zh: "训练 {train}，验证 {validation}，测试 {test}" }
    label_classes() { en: "classes", zh: "类别" }
    model_line(layers, parameters, flops) { en: "{layers} layers, {parameters} parameters, {flops} FLOPs a sample", zh: "{layers} 层，{parameters} 个参数，每个样本 {flops} 次浮点运算" }

    // explain
    explain_about() { en: "Show what a spec becomes: layers, graph, plan, memory, and what runs natively", zh: "展示规格的展开结果：各层、计算图、执行计划、内存与原生算子" }
    option_graph() { en: "Print the graph of a training step", zh: "输出一个训练步骤的计算图" }
    option_plan() { en: "Print the plan of a training step, phase by phase, with addresses", zh: "逐阶段输出训练步骤的执行计划及地址" }
    option_growth() { en: "Tell how much faster more threads could be, by the operations of the plan's phases, and what limits them", zh: "按执行计划各阶段的运算量，给出增加线程所能带来的加速上限及其限制因素" }
    option_memory_budget() { en: "Tell the largest batch size (a power of two) whose step fits so many megabytes", zh: "给出单步内存不超过此兆字节数的最大批大小（2 的幂）" }
    heading_threads() { en: "threads", zh: "线程" }
    heading_speed_up() { en: "at most", zh: "加速上限" }
    heading_limit() { en: "limited by", zh: "限制因素" }
    limit_shards(phase, pieces) { en: "phase {phase}, over shards: the batch has {pieces}", zh: "阶段 {phase}（按分片）：该批只有 {pieces} 个分片" }
    limit_fold(phase, pieces) { en: "phase {phase}, a fold: {pieces} tasks", zh: "阶段 {phase}（归并）：共 {pieces} 个任务" }
    limit_outputs(phase, pieces) { en: "phase {phase}, over outputs: {pieces} tasks", zh: "阶段 {phase}（按输出）：共 {pieces} 个任务" }
    label_growth() { en: "growth", zh: "扩展" }
    growth_line(threads, times) { en: "on {threads} threads at most {times} times as fast as on one", zh: "{threads} 个线程至多为单线程的 {times} 倍" }
    growth_limited(threads, times, limit) { en: "on {threads} threads at most {times} times as fast as on one; limited by {limit}", zh: "{threads} 个线程至多为单线程的 {times} 倍；限制因素：{limit}" }
    growth_note(batch, shard, phases) {
        en: "Batch {batch}, shards of {shard}, a barrier after each of {phases} phases. Bounds on paper, by floating-point operations: memory\nbandwidth, caches and what a barrier costs are not counted. A larger batch has more shards.",
        zh: "批大小 {batch}，每个分片 {shard} 个样本，{phases} 个阶段之后各有一次同步。以上为按浮点运算量推算的上限：\n未计内存带宽、缓存和同步的开销。批越大，分片越多。",
    }
    budget_batch(batch, memory, budget, threads) { en: "{batch}: a step needs {memory} of {budget}, on {threads} threads", zh: "{batch}：单步需要 {memory}，预算 {budget}，{threads} 个线程" }
    budget_too_small(budget, threads) { en: "none: a step of one sample needs more than {budget} on {threads} threads; use fewer --threads or a smaller model", zh: "无：即使单步只有一个样本，{threads} 个线程也需要超过 {budget}；请减少 --threads 或缩小模型" }
    label_input() { en: "input", zh: "输入" }
    input_line(shape, classes) { en: "{shape}, {classes} classes", zh: "{shape}，{classes} 个类别" }
    label_step() { en: "step", zh: "步骤" }
    step_line(batch, shard, flops) { en: "batch {batch}, shards of {shard}, {flops} FLOPs", zh: "批大小 {batch}，每个分片 {shard} 个样本，{flops} 次浮点运算" }
    label_phases() { en: "phases", zh: "阶段" }
    phases_line(nodes, shards, folds, outputs) { en: "over shards: {shards}, folds: {folds}, over outputs: {outputs}; nodes: {nodes}", zh: "按分片 {shards} 个，归并 {folds} 个，按输出 {outputs} 个；共 {nodes} 个节点" }
    label_memory() { en: "memory", zh: "内存" }
    memory_line(whole, state, batch, arena, threads) {
        en: "{whole}: parameters and optimizer {state}, batch {batch}, working memory {arena} for each of {threads} threads",
        zh: "{whole}：参数与优化器 {state}，批 {batch}，工作内存每线程 {arena}（共 {threads} 个线程）",
    }
    label_native() { en: "native", zh: "原生" }
    label_reference() { en: "by reference", zh: "参考实现" }
    none() { en: "none", zh: "无" }

    // advise
    advise_about() { en: "Measure on the spec's own data which learning rate and batch size to set", zh: "在规格自己的数据上实测，建议学习率和批大小" }
    option_only() { en: "Measure one of them: learning-rate or batch-size [default: both]", zh: "只测量其中一项：learning-rate 或 batch-size [默认：两项]" }
    progress_measure() { en: "measuring", zh: "测量中" }
    label_measured() { en: "measured", zh: "测量" }
    label_reading() { en: "reading", zh: "解读" }
    label_advice() { en: "advice", zh: "建议" }
    label_now() { en: "the spec has", zh: "当前规格" }
    label_set() { en: "to set it", zh: "设置方法" }
    label_memory_limit() { en: "memory", zh: "内存" }
    rate_heading() { en: "Learning rate: the loss, smoothed, while the rate grows; ^ is the advice", zh: "学习率：学习率升高时平滑后的损失；^ 为建议值" }
    range_last_rate(steps, batch, rate) { en: "{steps} steps of {batch} images while the rate grew to {rate}", zh: "学习率升至 {rate}，共 {steps} 步，每步 {batch} 幅图像" }
    range_loss_grew(steps, batch, rate) { en: "{steps} steps of {batch} images while the rate grew; at {rate} the loss had blown up", zh: "学习率逐步升高，共 {steps} 步，每步 {batch} 幅图像；到 {rate} 时损失急剧增大" }
    range_not_finite(steps, batch, rate) { en: "{steps} steps of {batch} images while the rate grew; beyond {rate} the loss was no number", zh: "学习率逐步升高，共 {steps} 步，每步 {batch} 幅图像；超过 {rate} 后损失不再是数值" }
    range_interrupted(steps, batch, rate) { en: "{steps} steps of {batch} images while the rate grew to {rate}; interrupted", zh: "学习率升至 {rate}，共 {steps} 步，每步 {batch} 幅图像；已中断" }
    reading_line(steepest, tenth) { en: "the loss falls fastest at {steepest}; a tenth of the rate with the least loss is {tenth}", zh: "损失在 {steepest} 处下降最快；损失最小处学习率的十分之一为 {tenth}" }
    rate_by_steepest(rate) { en: "{rate}: where the loss falls fastest, the smaller of both; too small costs time, too large the training", zh: "{rate}：损失下降最快处，是两者中较小的；偏小只费时间，偏大会毁掉训练" }
    rate_by_minimum(rate) { en: "{rate}: the tenth, the smaller of both; too small costs time, too large the training", zh: "{rate}：十分之一处，是两者中较小的；偏小只费时间，偏大会毁掉训练" }
    no_rate() { en: "none: the loss fell at no rate, so that nothing was learnt; look at the data, the model and the preprocessing", zh: "无：在任何学习率下损失都没有下降，即什么也没学到；请检查数据、模型和预处理" }
    heading_batch() { en: "batch", zh: "批大小" }
    heading_speed() { en: "samples/s", zh: "样本/秒" }
    heading_memory() { en: "memory", zh: "内存" }
    heading_steps() { en: "steps an epoch", zh: "每轮步数" }
    batch_advice(batch) { en: "{batch}: the smallest whose speed is within a tenth of the best; an epoch then has the most steps for its time", zh: "{batch}：速度与最快者相差不到十分之一的最小批次；同样时间内每轮步数最多" }
    batch_beyond(batch, needed, limit) { en: "{batch} would need {needed}; it may have {limit}", zh: "批大小 {batch} 需要 {needed}，最多可用 {limit}" }
    batch_heading(threads) { en: "Batch size: speed and memory on {threads} threads", zh: "批大小：{threads} 个线程下的速度与内存" }
    batch_note() { en: "larger batches want a larger rate: measure it again with the size that you set", zh: "批次越大，所需学习率越大：设置后请重新测量" }

    // data
    data_about() { en: "Look at data: their profile, their rules, their cleaning", zh: "查看数据：概况、规则与清洗" }
    data_profile_about() { en: "Show what the data look like; no rule is read", zh: "显示数据的概况，不检查规则" }
    data_check_about() { en: "Judge the data by the rules as they are, without cleaning", zh: "不清洗，直接用规则检查原始数据" }
    data_clean_about() { en: "Show what cleaning would do and whether the rules hold then; no file is changed", zh: "显示清洗的效果及清洗后是否满足规则，不改动任何文件" }
    column_train_and_validation() { en: "train and validation", zh: "训练与验证" }
    column_test() { en: "test", zh: "测试" }
    column_class() { en: "class", zh: "类别" }
    profile_rows() { en: "rows", zh: "行数" }
    profile_shape() { en: "image size", zh: "图像尺寸" }
    profile_pixels() { en: "pixels", zh: "像素范围" }
    profile_mean() { en: "mean", zh: "均值" }
    profile_missing() { en: "labels missing", zh: "缺失标签" }
    profile_duplicates() { en: "duplicates", zh: "重复图像" }
    profile_constant() { en: "of one colour", zh: "单色图像" }
    profile_rough() { en: "far rougher than the rest", zh: "异常粗糙的图像" }
    verdict_rules_hold() { en: "Good", zh: "合格" }
    rule_reading(values, judgement) { en: "{values} {judgement}", zh: "{values} {judgement}" }
    rule_once(rule, reading) { en: "{rule}   {reading}", zh: "{rule}   {reading}" }
    rule_twice(rule, before, after) { en: "{rule}   {before}, after cleaning {after}", zh: "{rule}   {before}，清洗后 {after}" }
    label_round(number) { en: "round {number}", zh: "第 {number} 轮" }
    operator_line(operator, rows) { en: "{operator} -{rows}", zh: "{operator} -{rows}" }
    round_rejected(dropped) { en: "{dropped} (not done: it would drop too much)", zh: "{dropped}（未执行：剔除过多）" }

    // predict
    predict_about() { en: "Say what the model of a run sees in new images", zh: "用某次运行的模型识别新图像" }
    argument_files() { en: "PNG, JPEG or IDX files", zh: "PNG、JPEG 或 IDX 文件" }
    model_file(path, problem) { en: "`{path}`: {problem}", zh: "`{path}`：{problem}" }
    model_metadata(path, key) { en: "`{path}` does not say its `{key}`", zh: "`{path}` 没有写明 `{key}`" }
    model_metadata_hint() { en: "only models that this program trained can predict here", zh: "这里只能使用本程序训练的模型" }
    model_altered(path, expected, found) { en: "`{path}` is not the model that was measured: expected `{expected}`, found `{found}`", zh: "`{path}` 不是当初测量的模型：应为 `{expected}`，实为 `{found}`" }
    model_altered_hint() { en: "restore the file, or train the spec again; `proofmark evidence verify` says what else differs", zh: "请恢复该文件或重新训练；`proofmark evidence verify` 可以指出其他不符之处" }

    // evaluate
    evaluate_about() { en: "Measure a model file, ONNX or our own, on a spec's test data", zh: "在规格的测试数据上测量模型文件（ONNX 或本程序的格式）" }
    option_evaluate_model() { en: "The file: ONNX, or safetensors of ours, quantised or not", zh: "模型文件：ONNX，或本程序的 safetensors（量化与否均可）" }
    option_evaluate_data() { en: "The spec whose data, preprocessing and metrics are used; its model is not looked at", zh: "提供数据、预处理与指标的规格；其中的模型不予理会" }
    label_outputs() { en: "outputs", zh: "输出" }
    outputs_probabilities() { en: "probabilities", zh: "概率" }
    outputs_logits() { en: "logits, turned into probabilities by us", zh: "logits，已由本程序转换为概率" }
    test_rows(count) { en: "test split, {count} rows", zh: "测试集，{count} 行" }
    onnx_classes(path, outputs, classes) { en: "`{path}` gives {outputs} numbers for a sample, the data have {classes} classes", zh: "`{path}` 为每个样本给出 {outputs} 个数，而数据有 {classes} 个类别" }
    onnx_classes_hint() { en: "use the spec of the data that the model was trained on", zh: "请使用该模型训练所用数据的规格" }

    // export
    export_about() { en: "Write the model of a run for other programs", zh: "将某次运行的模型导出给其他程序使用" }
    option_format() { en: "`onnx`: layers and parameters; `safetensors`: parameters by name", zh: "`onnx`：层与参数；`safetensors`：按名称存放的参数" }
    option_export_output() { en: "Where to write it [default: `model` with the format's ending]", zh: "写入的文件（默认：`model` 加上该格式的扩展名）" }
    option_export_force() { en: "Replace the file if it is there", zh: "若文件已存在则替换" }
    would_replace_hint() { en: "write elsewhere with `--output`, or replace the file with `--force`", zh: "请用 `--output` 写到别处，或用 `--force` 替换该文件" }

    // reproduce
    reproduce_about() { en: "Train a run again and compare the parameters after each epoch, byte for byte", zh: "重新训练某次运行，逐轮、逐字节地比较参数" }
    option_epoch() { en: "Train only this epoch again, from the checkpoint before it", zh: "只从上一轮的检查点重新训练这一轮" }
    option_base() { en: "The folder that paths in the spec start from, if it has moved since", zh: "规格中相对路径所在的文件夹（若已移动）" }
    verdict_reproduced() { en: "Reproduced", zh: "复现成功" }
    verdict_not_reproduced() { en: "Not reproduced", zh: "未能复现" }
    sentence_reproduced(run) { en: "`{run}` came out the same, bit for bit.", zh: "`{run}` 的结果逐位相同。" }
    sentence_not_reproduced(run) { en: "`{run}` came out otherwise.", zh: "`{run}` 的结果与记录不同。" }
    label_epochs() { en: "epochs", zh: "轮次" }
    epoch_same(epoch) { en: "epoch {epoch} is the same", zh: "第 {epoch} 轮相同" }
    epochs_same(first, last) { en: "{first} to {last} are the same", zh: "第 {first} 至 {last} 轮相同" }
    label_differs() { en: "differs", zh: "不同" }
    epoch_differs(epoch) { en: "from epoch {epoch} on", zh: "从第 {epoch} 轮开始" }
    label_recorded() { en: "on record", zh: "记录" }
    label_found() { en: "came out", zh: "实得" }
    model_same() { en: "the model file is the same, byte for byte", zh: "模型文件逐字节相同" }
    model_differs() { en: "the model file differs", zh: "模型文件不同" }

    // diff
    diff_about() { en: "Find the first thing in which two runs differ", zh: "找出两次运行的第一处不同" }
    verdict_same() { en: "The same", zh: "相同" }
    sentence_same(epochs) { en: "Spec, data, numerics, epochs ({epochs}) and model agree.", zh: "规格、数据、数值版本、{epochs} 轮训练与模型均一致。" }
    verdict_different() { en: "Different", zh: "不同" }
    differs_in_spec() { en: "The specs differ.", zh: "规格不同。" }
    differs_in_source() { en: "The specs are the same, the source files differ.", zh: "规格相同，数据源文件不同。" }
    differs_in_classes() { en: "The source files are the same, the classes differ.", zh: "数据源文件相同，类别不同。" }
    differs_in_prepared() { en: "The source files are the same, the prepared data differ.", zh: "数据源文件相同，预处理后的数据不同。" }
    differs_in_numerics() { en: "Spec and data are the same, the versions of the arithmetic differ.", zh: "规格与数据相同，数值版本不同。" }
    differs_in_plan() { en: "Spec, data and numerics version are the same, the plans differ.", zh: "规格、数据与数值版本相同，执行计划不同。" }
    differs_in_epoch() { en: "Everything that decides bits is the same, an epoch came out otherwise.", zh: "决定结果的一切都相同，却有一轮训练结果不同。" }
    differs_in_epochs() { en: "One of them has more epochs; those that both have are the same.", zh: "其中一次运行的轮数更多，共有的各轮相同。" }
    differs_in_model() { en: "All epochs are the same, the model files differ.", zh: "各轮训练相同，模型文件不同。" }
    label_where() { en: "where", zh: "位置" }
    same_epochs(epochs) { en: "the first {epochs} are the same", zh: "前 {epochs} 轮相同" }

    // report, schema
    report_about() { en: "Draw the report of a run again, in another language for example", zh: "重新生成某次运行的报告，例如换一种语言" }
    option_output() { en: "Where to write it [default: in place of the run's report]", zh: "输出文件 [默认：替换该运行的报告]" }
    schema_about() { en: "Print the JSON Schema of specs, for editors", zh: "输出规格的 JSON Schema，供编辑器使用" }

    // runs
    runs_about() { en: "Look at the runs that there are", zh: "查看已有的运行" }
    runs_list_about() { en: "List the runs, oldest first", zh: "列出所有运行，从旧到新" }
    runs_show_about() { en: "Show one run: state, metrics, model", zh: "显示一次运行的状态、指标与模型" }
    no_runs(folder) { en: "no runs in `{folder}` yet; `proofmark run SPEC` makes the first", zh: "`{folder}` 中还没有运行，用 `proofmark run SPEC` 创建第一个" }
    column_run() { en: "run", zh: "运行" }
    column_state() { en: "state", zh: "状态" }
    column_accuracy() { en: "accuracy", zh: "准确率" }
    unreadable(cause) { en: "cannot be read: {cause}", zh: "无法读取：{cause}" }
    accuracy_cell(value, lower, upper, split) { en: "{value} ({lower} to {upper}) on {split}", zh: "{value}（{lower} 至 {upper}），{split}" }
    state_line(state, attempt) { en: "{state}, attempt {attempt}", zh: "{state}，第 {attempt} 次尝试" }
    label_measured_on() { en: "measured on", zh: "测量对象" }
    measured_on(split, reads) { en: "{split}; readings of test: {reads}", zh: "{split}；测试集读取次数：{reads}" }
    interval(value, lower, upper) { en: "{value}   95 % interval {lower} to {upper}", zh: "{value}   95% 置信区间 {lower} 至 {upper}" }
    label_reproduced() { en: "reproduced", zh: "已复现次数" }
    label_folder() { en: "folder", zh: "文件夹" }

    // evidence
    evidence_about() { en: "Look at the evidence of a run, and verify it", zh: "查看并核验运行的证据" }
    evidence_verify_about() { en: "Verify evidence: digests, links, model, epochs, and the figures of the report", zh: "核验证据：摘要、关联、模型、各轮训练以及报告中的数字" }
    evidence_show_about() { en: "List the statements of a run", zh: "列出运行的全部陈述" }
    argument_evidence() { en: "A run, or a report by itself", zh: "运行，或单独的报告文件" }
    verdict_verified() { en: "Verified", zh: "核验通过" }
    verdict_not_verified() { en: "Not verified", zh: "核验未通过" }
    statements_verified(statements) { en: "{statements} statements match their digests.", zh: "{statements} 条陈述与其摘要相符。" }
    column_kind() { en: "statement", zh: "陈述" }
    column_grade() { en: "grade", zh: "等级" }
    column_time() { en: "time", zh: "时间" }
    column_by() { en: "by", zh: "作者" }
    column_digest() { en: "digest", zh: "摘要" }

    // Splits, where their names stand in a sentence
    split_test() { en: "test", zh: "测试集" }
    split_validation() { en: "validation", zh: "验证集" }

    // Arguments that cannot be understood
    unknown_argument(argument) { en: "unexpected argument `{argument}`", zh: "无法识别的参数 `{argument}`" }
    unknown_command(command) { en: "there is no command `{command}`", zh: "没有命令 `{command}`" }
    missing_command() { en: "the command is missing", zh: "缺少命令" }
    missing_arguments(arguments) { en: "missing: {arguments}", zh: "缺少 {arguments}" }
    missing_value(argument) { en: "`{argument}` has no value", zh: "`{argument}` 缺少取值" }
    bad_value(value, argument) { en: "`{value}` cannot be the value of `{argument}`", zh: "`{value}` 不能作为 `{argument}` 的取值" }
    wrong_number_of_values(argument) { en: "`{argument}` has the wrong number of values", zh: "`{argument}` 的取值个数不对" }
    argument_twice(argument) { en: "`{argument}` stands twice", zh: "`{argument}` 重复出现" }
    argument_conflict(argument, others) { en: "`{argument}` cannot stand together with {others}", zh: "`{argument}` 不能与 {others} 同时使用" }
    argument_not_text() { en: "an argument is not UTF-8", zh: "有参数不是 UTF-8 文本" }
    arguments_unreadable(kind) { en: "the arguments cannot be read: {kind}", zh: "无法读取参数：{kind}" }
    did_you_mean(nearest) { en: "did you mean `{nearest}`?", zh: "是否想写 `{nearest}`？" }
    allowed_values_hint(values) { en: "possible are {values}", zh: "可用的取值：{values}" }
    number_between_hint(from, to) { en: "a whole number from {from} to {to} is expected", zh: "应为 {from} 至 {to} 的整数" }
    number_from_hint(from) { en: "a whole number from {from} on is expected", zh: "应为不小于 {from} 的整数" }
    commands_hint() { en: "`proofmark --help` lists the commands", zh: "`proofmark --help` 会列出全部命令" }
    usage_hint() { en: "`--help` after a command shows how it is written", zh: "在命令后加 `--help` 可查看写法" }

    // Errors
    comma() { en: ", ", zh: "、" }
    spec_file(path, cause) { en: "cannot read the spec `{path}`: {cause}", zh: "无法读取规格 `{path}`：{cause}" }
    spec_file_hint() { en: "`proofmark new digits my-digits` writes a spec to start from", zh: "可用 `proofmark new digits my-digits` 写出一份现成的规格" }
    no_such_level(level) { en: "this machine cannot run `--simd {level}`", zh: "这台机器不支持 `--simd {level}`" }
    no_such_level_hint(levels) { en: "it can run {levels}", zh: "可用的有 {levels}" }
    signals(cause) { en: "cannot catch Ctrl-C: {cause}", zh: "无法捕获 Ctrl-C：{cause}" }
    output_failed(cause) { en: "cannot write to standard output: {cause}", zh: "无法写入标准输出：{cause}" }
    file_failed(path, cause) { en: "cannot read or write `{path}`: {cause}", zh: "无法读写 `{path}`：{cause}" }
    page(path, problem) { en: "`{path}`: {problem}", zh: "`{path}`：{problem}" }
    panic_hint(version) {
        en: "this is a mistake of ours; please report it with this text, the command, the spec, and the version {version}",
        zh: "这是我们的错误，请附上这段文字、所用命令、规格文件和版本号 {version} 报告给我们",
    }
}
