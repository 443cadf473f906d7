crate::phrases! {
    /// A file that is no checkpoint.
    checkpoint_magic() {
        en: "the file is not a checkpoint",
        zh: "该文件不是检查点",
    }
    /// A checkpoint of another format version.
    checkpoint_version(expected, received) {
        en: "the checkpoint has format version `{received}`; this program reads `{expected}`",
        zh: "检查点的格式版本为 `{received}`，本程序只能读取 `{expected}`",
    }
    /// A checkpoint that ends before its content begins.
    checkpoint_truncated(expected, received) {
        en: "the checkpoint has {received} bytes; it needs at least {expected}",
        zh: "检查点只有 {received} 个字节，至少需要 {expected} 个字节",
    }
    /// A checkpoint whose tensors cannot be read.
    checkpoint_content(cause) {
        en: "the checkpoint's tensors cannot be read: {cause}",
        zh: "无法读取检查点中的张量：{cause}",
    }
    /// A checkpoint without its progress.
    checkpoint_no_progress() {
        en: "the checkpoint does not say where the training stands",
        zh: "检查点未记录训练进行到何处",
    }
    /// A checkpoint whose progress cannot be read.
    checkpoint_progress(cause) {
        en: "the checkpoint's record of where the training stands cannot be read: {cause}",
        zh: "无法读取检查点中的训练进度：{cause}",
    }
    /// A checkpoint with a tensor that no training saves.
    checkpoint_unexpected(tensor) {
        en: "the checkpoint holds the tensor `{tensor}`, which no training saves",
        zh: "检查点中含有训练不会保存的张量 `{tensor}`",
    }
    /// What to do about a checkpoint that cannot be read.
    checkpoint_unreadable_hint() {
        en: "delete it to go on from the checkpoint before it, or start the run again",
        zh: "删除它，即可从上一个检查点继续；也可以重新开始运行",
    }
    /// A sample with a number that an embedding has no row for.
    token(sample, position, value, vocabulary) {
        en: "number {position} of sample {sample} is `{value}`, expected a token: an integer from 0 to {vocabulary} - 1",
        zh: "样本 {sample} 的第 {position} 个数为 `{value}`，应为词元：0 到 {vocabulary} - 1 的整数",
    }
    /// What to do about a number that is no token.
    token_hint() {
        en: "an `embedding` reads samples as they are prepared: leave out steps that scale them, or raise its `vocabulary`",
        zh: "`embedding` 直接读取预处理后的样本：请去掉缩放数值的步骤，或增大其 `vocabulary`",
    }
    /// The loss is not finite.
    loss_not_finite(loss, epoch, step) {
        en: "the loss is `{loss}` at step {step} in epoch {epoch}",
        zh: "第 {epoch} 轮第 {step} 步的损失为 `{loss}`",
    }
    /// What to try against a loss that is not finite.
    loss_not_finite_hint(learning_rate) {
        en: "lower `train.optimizer`'s `learning_rate` (it was {learning_rate}), or set `train.clip: {{ norm: 1.0 }}`",
        zh: "请降低 `train.optimizer` 的 `learning_rate`（当前为 {learning_rate}），或设置 `train.clip: {{ norm: 1.0 }}`",
    }
    /// What follows the hint where there is a checkpoint.
    checkpoint_kept(step) {
        en: "; the checkpoint of step {step} is kept",
        zh: "；第 {step} 步的检查点已保留",
    }
    /// A parameter is not finite.
    state_not_finite(name, epoch, step) {
        en: "`{name}` is no longer finite after step {step} in epoch {epoch}",
        zh: "第 {epoch} 轮第 {step} 步之后，`{name}` 不再是有限值",
    }
    /// Predictions and labels that do not match.
    prediction_steps(steps, width) {
        en: "the model predicts a class for each of {steps} steps, but a sample of the data has {width} labels",
        zh: "模型对 {steps} 步中的每一步都预测一个类别，而数据中每个样本有 {width} 个标签",
    }
    /// What to do about predictions and labels that do not match.
    prediction_steps_hint() {
        en: "for one label a sample, end in `return_sequences: false`, a global pooling or `flatten` before the last layer; for a label a step, keep the number of steps",
        zh: "若每个样本只有一个标签，请在最后一层之前使用 `return_sequences: false`、全局池化或 `flatten`；若每一步都有标签，请保持步数不变",
    }
    /// A sequence of labels that the model's steps have no room for.
    sequence_too_long(sample, labels, repeats, needed, steps) {
        en: "sample {sample} has {labels} labels, {repeats} of which are the one before them again; with a blank between equal ones they take {needed} steps, and the model has {steps}",
        zh: "样本 {sample} 有 {labels} 个标签，其中 {repeats} 个与前一个相同；相同标签之间须隔一个空白符，共需 {needed} 步，而模型只有 {steps} 步",
    }
    /// What to do about it.
    sequence_too_long_hint() {
        en: "shorten the sequence less in the model (smaller strides and pooling), or leave such samples out",
        zh: "请让模型少缩短序列（减小步长和池化），或去掉这些样本",
    }
    /// A metric of a model that reads sequences of labels which has none.
    metric_of_sequences(metric) {
        en: "`{metric}` is not defined for sequences of labels, which the loss `ctc` reads from each sample",
        zh: "`{metric}` 对标签序列没有定义，而损失函数 `ctc` 从每个样本读出一个标签序列",
    }
    /// What to do about it.
    metric_of_sequences_hint() {
        en: "write `metrics: [label_error_rate, accuracy, loss]`, or some of these, without `slices`",
        zh: "请写 `metrics: [label_error_rate, accuracy, loss]` 或其中几项，且不要写 `slices`",
    }
    /// The metric of sequences, of a model that reads none.
    label_error_rate_without_sequences(metric) {
        en: "`{metric}` is measured on sequences of labels, and this model reads none",
        zh: "`{metric}` 在标签序列上度量，而该模型不读出标签序列",
    }
    /// What to do about it.
    label_error_rate_without_sequences_hint() {
        en: "use the loss `ctc`, or leave the metric out",
        zh: "请使用损失函数 `ctc`，或去掉该指标",
    }
    /// Folds of samples from each of which a sequence is read.
    folds_of_sequences() {
        en: "`cross_validation` is of classes, and this model reads a sequence of labels from each sample",
        zh: "`cross_validation` 用于类别，而该模型从每个样本读出一个标签序列",
    }
    /// A model that reads sequences where one class a sample is needed.
    sequences_unsupported() {
        en: "the model reads a sequence of labels from each sample; this needs a model of one class a sample",
        zh: "模型从每个样本读出一个标签序列；此处需要每个样本只预测一个类别的模型",
    }
    /// A model of steps where one class a sample is needed.
    steps_unsupported(steps) {
        en: "the model predicts a class for each of {steps} steps; this needs a model of one class a sample",
        zh: "模型对 {steps} 步中的每一步都预测一个类别；此处需要每个样本只预测一个类别的模型",
    }
    /// A model of embeddings where a class is needed.
    embeddings_unsupported() {
        en: "the model gives embeddings, which tell by their distances whether two samples are of one class; this needs a model of classes",
        zh: "模型输出的是嵌入向量，只能按距离判断两个样本是否同类；此处需要预测类别的模型",
    }
    /// Folds of samples whose predictions are compared with each other.
    folds_of_embeddings() {
        en: "`cross_validation` needs a model of classes, and this one gives embeddings",
        zh: "`cross_validation` 需要预测类别的模型，而该模型输出嵌入向量",
    }
    /// Classes that do not train, and a model that is to name them.
    held_out_without_embeddings() {
        en: "`held_out_classes` needs a model of embeddings: one of classes cannot name a class that it has never seen",
        zh: "`held_out_classes` 需要输出嵌入向量的模型：预测类别的模型说不出从未见过的类别",
    }
    /// What to do about it.
    held_out_without_embeddings_hint() {
        en: "use a loss that compares samples, such as `triplet`, or remove `held_out_classes`",
        zh: "请使用比较样本的损失函数（如 `triplet`），或删除 `held_out_classes`",
    }
    /// A metric of pairs, and a model that does not give embeddings.
    pairs_without_embeddings(metric) {
        en: "`{metric}` is measured on pairs of embeddings, and this model says classes",
        zh: "`{metric}` 在嵌入向量的样本对上度量，而该模型预测类别",
    }
    /// What to do about it.
    pairs_without_embeddings_hint() {
        en: "use a loss that compares samples, such as `triplet`, or leave the metric out",
        zh: "请使用比较样本的损失函数（如 `triplet`），或去掉该指标",
    }
    /// The calibration of probabilities, and a model that gives embeddings.
    calibration_of_embeddings() {
        en: "`calibration_error` compares probabilities with frequencies, and a model of embeddings gives no probabilities",
        zh: "`calibration_error` 比较概率与频率，而嵌入向量模型不给出概率",
    }
    /// What to do about it.
    calibration_of_embeddings_hint() {
        en: "list the metrics in `evaluate.metrics` without it, for example `[accuracy, verification_accuracy, equal_error_rate]`; the default has it",
        zh: "请在 `evaluate.metrics` 中列出指标并去掉它（默认值包含它），例如 `[accuracy, verification_accuracy, equal_error_rate]`",
    }
    /// A threshold that is to be chosen on validation, and no validation.
    threshold_without_validation() {
        en: "the threshold of `verification_accuracy` is chosen on validation, and there is no validation split",
        zh: "`verification_accuracy` 的阈值在验证集上选取，而没有验证集",
    }
    /// Folds of samples with a label for each step.
    folds_of_steps() {
        en: "`cross_validation` needs one label a sample, and these samples have one for each step",
        zh: "`cross_validation` 要求每个样本只有一个标签，而这些样本的每一步都有标签",
    }
    /// What to do about it.
    folds_of_steps_hint() {
        en: "remove `cross_validation`; the intervals on validation and test are over whole samples",
        zh: "请删除 `cross_validation`；验证集和测试集上的区间以整个样本为单位计算",
    }
    /// A model's answer is not finite.
    prediction_not_finite(sample, value) {
        en: "the model says `{value}` about sample {sample}",
        zh: "模型对样本 {sample} 给出了 `{value}`",
    }
    /// What to do about a model whose answer is not finite.
    prediction_not_finite_hint() {
        en: "its parameters overflow: lower the learning rate, or set `train.clip: {{ norm: 1.0 }}`, and train again",
        zh: "模型参数过大导致溢出：请降低学习率，或设置 `train.clip: {{ norm: 1.0 }}`，然后重新训练",
    }
    /// A training that needs more memory than it may have.
    memory(total, limit, states, batch, a_thread, threads) {
        en: "the training needs {total} of memory ({states} of parameters and states, {batch} of batch memory, {a_thread} for each of {threads} threads); it may have {limit}",
        zh: "训练需要 {total} 内存（参数与状态 {states}，批次内存 {batch}，{threads} 个线程各 {a_thread}），上限为 {limit}",
    }
    /// What to do about it.
    memory_hint() {
        en: "use fewer units or filters, a smaller `train.batch_size`, fewer `--threads`, or a machine with more memory",
        zh: "请减少单元数或卷积核数、减小 `train.batch_size`、减少 `--threads`，或换用内存更大的机器",
    }
    /// The system refuses memory.
    allocation(size) {
        en: "the system has no {size} of memory",
        zh: "系统无法提供 {size} 内存",
    }
    /// The system refuses threads.
    threads(requested, started, cause) {
        en: "the system started {started} of {requested} threads: {cause}",
        zh: "系统只启动了 {requested} 个线程中的 {started} 个：{cause}",
    }
    /// What to do about it.
    threads_hint() {
        en: "give a smaller number to `--threads`",
        zh: "请把 `--threads` 设得小一些",
    }
    /// Shards of a size that no plan takes.
    shard_samples(received) {
        en: "shards of `{received}` samples; 1 to 1024 are possible",
        zh: "每个分片 `{received}` 个样本；可取 1 到 1024",
    }
    /// What to do about it.
    shard_samples_hint() {
        en: "set `train.shard_size`",
        zh: "请设置 `train.shard_size`",
    }
    /// A number of the spec that is 0.
    at_least_one(key) {
        en: "`{key}` must be at least 1, received 0",
        zh: "`{key}` 至少为 1，实际为 0",
    }
    /// Batch normalisation over a single number.
    batch_norm_of_one(batch_size, samples) {
        en: "`batch_norm` would see a single number a channel: {samples} training samples in steps of {batch_size} leave a step of one",
        zh: "`batch_norm` 的每个通道只会得到一个数：{samples} 个训练样本按每步 {batch_size} 个划分，会出现只有一个样本的一步",
    }
    /// What to do about it.
    batch_norm_of_one_hint() {
        en: "choose another `train.batch_size`, so that no step has one sample, or use `batch_norm` where a sample has several positions",
        zh: "请另选 `train.batch_size`，避免某一步只有一个样本；或将 `batch_norm` 用在每个样本有多个位置的地方",
    }
    /// There are no lengths to sort by.
    length_buckets() {
        en: "samples are sorted by length only if they are series with one class each",
        zh: "只有每条序列带一个类别时，才能按长度给样本分桶",
    }
    /// What to do about it.
    length_buckets_hint() {
        en: "leave out `train.length_buckets`",
        zh: "请去掉 `train.length_buckets`",
    }
    /// A bucket's samples are too short for the model, say.
    length_bucket(steps, cause) {
        en: "the model does not fit samples of {steps} steps, the length of one of the buckets: {cause}",
        zh: "模型不适合 {steps} 步的样本，而这是其中一个桶的长度：{cause}",
    }
    /// A layer's parameters depend on the number of steps.
    length_bucket_parameters(steps) {
        en: "for samples of {steps} steps, the length of one of the buckets, the model would have parameters of another shape",
        zh: "对于 {steps} 步的样本（其中一个桶的长度），模型的参数形状会不同",
    }
    /// What to do about it.
    length_bucket_hint() {
        en: "use fewer `train.length_buckets`, or layers that do not depend on the number of steps: `lstm`, `gru`, global pooling, not `flatten`",
        zh: "请减少 `train.length_buckets`，或改用与步数无关的层：`lstm`、`gru`、全局池化，而不是 `flatten`",
    }
    /// The gradient's norm is not finite.
    gradient_not_finite(epoch, step) {
        en: "the gradient is not finite at step {step} in epoch {epoch}",
        zh: "第 {epoch} 轮第 {step} 步的梯度不是有限值",
    }
    /// The resumed training differs from the one that saved.
    resume_differs(expected, received) {
        en: "the checkpoint belongs to another training: it was saved by `{received}`, this one is `{expected}`",
        zh: "检查点属于另一次训练：保存它的是 `{received}`，当前训练是 `{expected}`",
    }
    /// What to do about a resumed training that differs.
    resume_differs_hint() {
        en: "spec, data, seed or numerics version changed since; undo the change, or start a new run",
        zh: "规格、数据、随机种子或数值版本在此期间发生了变化；请撤销更改，或开始新的运行",
    }
    /// A checkpoint lacks a state of the model.
    resume_state(name) {
        en: "the checkpoint lacks the state `{name}`, or has it in another shape",
        zh: "检查点缺少状态 `{name}`，或其形状不同",
    }
    /// An event or a checkpoint could not be recorded.
    not_recorded(cause) {
        en: "the training could not be recorded: {cause}",
        zh: "无法记录训练过程：{cause}",
    }
    /// What to do when recording fails.
    not_recorded_hint() {
        en: "make room or give the right to write there, then go on with `proofmark run --resume`",
        zh: "请腾出空间或授予写入权限，然后用 `proofmark run --resume` 继续",
    }
    /// Early stopping watches validation, and there is none.
    early_stopping_without_validation() {
        en: "`train.early_stopping` watches validation, and `data.split.validation` is 0",
        zh: "`train.early_stopping` 需要验证集，而 `data.split.validation` 为 0",
    }
    /// What to do about early stopping without validation.
    early_stopping_without_validation_hint() {
        en: "set `data.split.validation` (0.1, for example), or remove `train.early_stopping`",
        zh: "请设置 `data.split.validation`（例如 0.1），或删除 `train.early_stopping`",
    }
    /// There is nothing to train on.
    no_training_samples() {
        en: "the training set is empty",
        zh: "训练集为空",
    }
}
