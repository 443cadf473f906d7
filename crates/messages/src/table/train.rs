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
    /// A checkpoint whose digest differs.
    checkpoint_damaged() {
        en: "the checkpoint is damaged: its content does not match its digest",
        zh: "检查点已损坏：内容与其摘要不符",
    }
    /// A checkpoint with a right digest and wrong content.
    checkpoint_content() {
        en: "the checkpoint does not hold what a training saves",
        zh: "检查点的内容不是训练所保存的内容",
    }
    /// What to do about a damaged checkpoint.
    checkpoint_damaged_hint() {
        en: "delete it to go on from the checkpoint before it, or start the run again",
        zh: "删除它，即可从上一个检查点继续；也可以重新开始运行",
    }
    /// The loss is not finite.
    loss_not_finite(loss, epoch, step) {
        en: "the loss is `{loss}` at step {step} in epoch {epoch}",
        zh: "第 {epoch} 轮第 {step} 步的损失为 `{loss}`",
    }
    /// What to try against a loss that is not finite.
    loss_not_finite_hint(learning_rate) {
        en: "lower `train.optimizer`'s `learning_rate` (it was {learning_rate}), or set `train.clip: {{ norm: 1.0 }}`; the last checkpoint is kept",
        zh: "请降低 `train.optimizer` 的 `learning_rate`（当前为 {learning_rate}），或设置 `train.clip: {{ norm: 1.0 }}`；最近的检查点已保留",
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
