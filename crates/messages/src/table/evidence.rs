crate::phrases! {
    // Digests and canonical JSON.

    /// A digest that is none.
    digest_malformed(text) {
        en: "`{text}` is not a digest, expected `sha256:` and 64 hexadecimal digits in lower case",
        zh: "`{text}` 不是有效的摘要，应为 `sha256:` 后接 64 位小写十六进制数字",
    }
    /// Bytes that are not JSON.
    json_syntax(cause) {
        en: "this is not valid JSON: {cause}",
        zh: "不是有效的 JSON：{cause}",
    }
    /// A key twice in one object.
    json_duplicate_key(key, line, column) {
        en: "the key `{key}` stands twice in one object, at line {line}, column {column}",
        zh: "同一个对象里键 `{key}` 出现了两次，位于第 {line} 行第 {column} 列",
    }
    /// JSON nested too deep.
    json_too_deep(limit, line, column) {
        en: "the JSON is nested deeper than `{limit}` levels, at line {line}, column {column}",
        zh: "JSON 嵌套超过 `{limit}` 层，位于第 {line} 行第 {column} 列",
    }
    /// An integer that a double would change.
    json_integer_too_large(integer) {
        en: "the integer `{integer}` cannot be held exactly by a double",
        zh: "整数 `{integer}` 无法用双精度浮点数精确表示",
    }
    /// What to do with large integers.
    json_integer_too_large_hint() {
        en: "write integers above 9007199254740992 as decimal strings",
        zh: "大于 9007199254740992 的整数请写成十进制字符串",
    }

    // Statements.

    /// A claim that is NaN or infinite.
    claim_not_finite(claim) {
        en: "the claim `{claim}` is not a finite number",
        zh: "声明项 `{claim}` 不是有限数",
    }
    /// A claim under a reserved name.
    claim_reserved(claim) {
        en: "the claim `{claim}` uses the reserved name `absent`",
        zh: "声明项 `{claim}` 使用了保留名 `absent`",
    }
    /// What the reserved name is for.
    claim_reserved_hint() {
        en: "`absent` marks a value that is missing, with its reason; choose another name",
        zh: "`absent` 专用于标记缺失的值及其原因，请换一个名称",
    }
    /// Claims nested too deep.
    claim_too_deep(claim, limit) {
        en: "the claim `{claim}` is nested deeper than `{limit}` levels",
        zh: "声明项 `{claim}` 的嵌套超过 `{limit}` 层",
    }
    /// A claim that is null.
    claim_null(claim) {
        en: "the claim `{claim}` is null",
        zh: "声明项 `{claim}` 为 null",
    }
    /// What to write instead of NaN or null.
    claim_absent_hint() {
        en: "a missing value is written as absent, with the reason why",
        zh: "缺失的值应写成 absent，并说明原因",
    }
    /// A required text that is empty.
    field_empty(field) {
        en: "the field `{field}` is empty",
        zh: "字段 `{field}` 为空",
    }
    /// A measurement that read nothing.
    measured_from_nothing(kind) {
        en: "the measured statement `{kind}` names no inputs",
        zh: "实测陈述 `{kind}` 没有列出任何输入",
    }
    /// What a measurement needs.
    measured_from_nothing_hint() {
        en: "a measurement names the digests of the data that it read",
        zh: "实测结果必须列出所读数据的摘要",
    }
    /// JSON that is not a statement.
    statement_malformed(cause) {
        en: "this JSON is not a statement: {cause}",
        zh: "这段 JSON 不是证据陈述：{cause}",
    }
    /// JSON that is not an envelope.
    envelope_malformed(cause) {
        en: "this JSON is not an envelope: {cause}",
        zh: "这段 JSON 不是证据信封：{cause}",
    }
    /// Where unknown fields come from.
    malformed_hint() {
        en: "if a newer version of proofmark wrote it, read it with that version",
        zh: "如果它由更新版本的 proofmark 写成，请用该版本读取",
    }
    /// A statement in another form.
    statement_not_canonical() {
        en: "the statement is not in canonical form",
        zh: "证据陈述不是规范形式",
    }
    /// An envelope in another form.
    envelope_not_canonical() {
        en: "the envelope is not in canonical form",
        zh: "证据信封不是规范形式",
    }
    /// Bytes with another name.
    digest_mismatch(expected, found) {
        en: "the content does not match its digest, expected `{expected}`, found `{found}`",
        zh: "内容与摘要不符，应为 `{expected}`，实为 `{found}`",
    }
    /// What it means when evidence does not match.
    altered_hint() {
        en: "the evidence was altered after it was written; restore it, or measure again",
        zh: "证据在写入后被改动过，请恢复原件或重新测量",
    }
    /// An envelope beyond its limit.
    envelope_too_large(bytes, limit) {
        en: "the envelope has `{bytes}` bytes, at most `{limit}` are allowed",
        zh: "证据信封有 `{bytes}` 字节，最多允许 `{limit}` 字节",
    }
    /// What to move out of an envelope.
    envelope_too_large_hint() {
        en: "keep fewer durations in it and shorten its names",
        zh: "请减少其中的耗时条目，并缩短名称",
    }
    /// Text that is not a time in UTC.
    time_malformed(text) {
        en: "`{text}` is not a time in UTC",
        zh: "`{text}` 不是有效的 UTC 时间",
    }
    /// How a time is written.
    time_malformed_hint() {
        en: "write it as `2026-11-23T10:20:30Z`",
        zh: "请写成 `2026-11-23T10:20:30Z` 的形式",
    }
    /// A duration that cannot be one.
    duration_invalid(name, seconds) {
        en: "the duration `{name}` is `{seconds}` seconds, expected a finite number of at least 0",
        zh: "耗时 `{name}` 为 `{seconds}` 秒，应为不小于 0 的有限数",
    }

    // Grades and kinds, as labels.

    /// The grade `measured`.
    grade_measured() { en: "measured", zh: "实测" }
    /// The grade `reported`.
    grade_reported() { en: "reported", zh: "上报" }
    /// The grade `attested`.
    grade_attested() { en: "attested", zh: "人工声明" }
    /// The kind `run.spec`.
    kind_run_spec() { en: "resolved spec", zh: "解析后的规格" }
    /// The kind `data.profile`.
    kind_data_profile() { en: "data profile", zh: "数据概况" }
    /// The kind `data.gate`.
    kind_data_gate() { en: "data gate", zh: "数据关卡" }
    /// The kind `data.cleaning`.
    kind_data_cleaning() { en: "data cleaning", zh: "数据清洗" }
    /// The kind `data.prepared`.
    kind_data_prepared() { en: "prepared data", zh: "预处理后的数据" }
    /// The kind `train.run`.
    kind_train_run() { en: "training", zh: "训练" }
    /// The kind `eval.result`.
    kind_eval_result() { en: "evaluation", zh: "评估结果" }
    /// The kind `eval.cross_validation`.
    kind_eval_cross_validation() { en: "cross-validation", zh: "交叉验证" }
    /// The kind `accept.decision`.
    kind_accept_decision() { en: "acceptance", zh: "验收结论" }
    /// The kind `run.reproduced`.
    kind_run_reproduced() { en: "reproduction", zh: "复现" }
    /// The kind `model.quantized`.
    kind_model_quantized() { en: "quantised model", zh: "量化模型" }
    /// The kind `tune.study`.
    kind_tune_study() { en: "study", zh: "调参研究" }
    /// The kind `privacy.spend`.
    kind_privacy_spend() { en: "privacy spent", zh: "隐私预算消耗" }
    /// The kind `serve.latency`.
    kind_serve_latency() { en: "serving latency", zh: "服务延迟" }
    /// The kind `monitor.drift`.
    kind_monitor_drift() { en: "drift", zh: "数据漂移" }
    /// The kind `approval`.
    kind_approval() { en: "approval", zh: "审批" }
    /// The kind `decision`.
    kind_decision() { en: "gate decision", zh: "阶段门决策" }
    /// The kind `gate.definition`.
    kind_gate_definition() { en: "gate definition", zh: "阶段门定义" }

    // The folder of a run.

    /// No room for what is written.
    store_disk_full(path, cause) {
        en: "no room to write `{path}`: {cause}",
        zh: "没有空间写入 `{path}`：{cause}",
    }
    /// What to do about it.
    store_disk_full_hint() {
        en: "free some space, or raise the quota or the limit on file sizes; what was saved before is whole",
        zh: "请清理磁盘，或提高配额、放宽文件大小限制；此前保存的内容完好无损",
    }
    /// A place that may not be written or read.
    store_denied(path, cause) {
        en: "no permission for `{path}`: {cause}",
        zh: "没有权限访问 `{path}`：{cause}",
    }
    /// What to do about it.
    store_denied_hint() {
        en: "run as the user who owns the folder, or choose another one with `--data-dir`",
        zh: "请以该文件夹所有者的身份运行，或用 `--data-dir` 另选文件夹",
    }
    /// A file or folder that is not there.
    store_missing(path) {
        en: "`{path}` does not exist",
        zh: "`{path}` 不存在",
    }
    /// Any other failure of the file system.
    store_io(path, cause) {
        en: "cannot access `{path}`: {cause}",
        zh: "无法访问 `{path}`：{cause}",
    }
    /// A run's date that is none.
    store_bad_date(date) {
        en: "`{date}` is not a date, expected the form `2026-11-23`",
        zh: "`{date}` 不是有效日期，应为 `2026-11-23` 的形式",
    }
    /// A run's name that cannot be a folder's.
    store_bad_name(name) {
        en: "`{name}` cannot name a run",
        zh: "`{name}` 不能用作运行的名称",
    }
    /// How a run can be named.
    store_bad_name_hint(limit) {
        en: "use letters, digits, `-`, `_` and `.`, beginning with a letter or digit, at most {limit} bytes",
        zh: "可使用文字、数字、`-`、`_` 和 `.`，以文字或数字开头，最长 {limit} 字节",
    }
    /// All ids of a day are taken.
    store_ids_exhausted(date, name) {
        en: "every id of the run `{name}` on `{date}` is taken",
        zh: "运行 `{name}` 在 `{date}` 的编号已全部用完",
    }
    /// What to do about it.
    store_ids_exhausted_hint() {
        en: "give the spec another name, or move old runs away",
        zh: "请为规格换一个名称，或移走旧的运行",
    }
    /// No run of that name.
    store_no_such_run(wanted, folder) {
        en: "no run in `{folder}` begins with `{wanted}`",
        zh: "`{folder}` 中没有以 `{wanted}` 开头的运行",
    }
    /// How to see the runs.
    store_no_such_run_hint() {
        en: "`proofmark runs list` shows them all",
        zh: "用 `proofmark runs list` 查看全部运行",
    }
    /// Several runs of that name.
    store_ambiguous_run(wanted, found) {
        en: "`{wanted}` could be any of {found}",
        zh: "`{wanted}` 同时匹配 {found}",
    }
    /// How to name one run.
    store_ambiguous_run_hint() {
        en: "write more of the run's id",
        zh: "请多写几位运行编号",
    }
    /// A folder that holds no run.
    store_not_a_run(path) {
        en: "`{path}` is not the folder of a run",
        zh: "`{path}` 不是运行文件夹",
    }
    /// What a run's folder has.
    store_not_a_run_hint() {
        en: "the folder of a run holds `status.json`",
        zh: "运行文件夹里应有 `status.json`",
    }
    /// Another process writes into the run.
    store_in_use(path) {
        en: "another process is writing into the run `{path}`",
        zh: "另一个进程正在写入运行 `{path}`",
    }
    /// What to do about it.
    store_in_use_hint() {
        en: "wait until it ends, or stop it first",
        zh: "请等它结束，或先停止它",
    }
    /// A file of ours that does not read.
    store_malformed(path, cause) {
        en: "`{path}` is damaged: {cause}",
        zh: "`{path}` 已损坏：{cause}",
    }
    /// A value that could not be written as JSON.
    store_unwritable(path, cause) {
        en: "the value for `{path}` cannot be written as JSON: {cause}",
        zh: "要写入 `{path}` 的值无法表示为 JSON：{cause}",
    }
    /// An event that does not read.
    store_bad_event(path, line, cause) {
        en: "`{path}` is damaged at line `{line}`: {cause}",
        zh: "`{path}` 第 `{line}` 行已损坏：{cause}",
    }
    /// What to do with damaged events.
    store_bad_event_hint() {
        en: "the other events can still be read; restore the file if there is a copy of it",
        zh: "其余事件仍可读取；如有副本，请用它恢复该文件",
    }
    /// An offset that is no end of an event.
    store_bad_offset(path, offset, end) {
        en: "no event of `{path}` ends at byte `{offset}`, the log has `{end}` bytes",
        zh: "`{path}` 中没有事件在第 `{offset}` 字节处结束，日志共 `{end}` 字节",
    }
    /// What it means.
    store_bad_offset_hint() {
        en: "the checkpoint belongs to other events; resume from an older one",
        zh: "该检查点对应的是另一份事件日志，请从更早的检查点恢复",
    }
    /// An event log that failed once.
    store_log_failed(path) {
        en: "`{path}` takes no more events, since the system failed to save earlier ones",
        zh: "系统此前未能保存事件，`{path}` 不再接受新的事件",
    }
    /// What to do about it.
    store_log_failed_hint() {
        en: "check the disk, then resume the run",
        zh: "请检查磁盘，然后恢复该运行",
    }
    /// A checkpoint with other bytes than were saved.
    store_damaged_checkpoint(path, expected, found) {
        en: "the checkpoint `{path}` is damaged, expected `{expected}`, found `{found}`",
        zh: "检查点 `{path}` 已损坏，应为 `{expected}`，实为 `{found}`",
    }
    /// A checkpoint that lacks its head.
    store_not_a_checkpoint(path) {
        en: "`{path}` is not a checkpoint",
        zh: "`{path}` 不是检查点文件",
    }
    /// What to do about it.
    store_damaged_checkpoint_hint() {
        en: "an older checkpoint of the run is used instead, if there is one",
        zh: "如有更早的检查点，将改用它",
    }
    /// Evidence that does not verify.
    store_evidence(path, problem) {
        en: "the evidence `{path}` does not verify: {problem}",
        zh: "证据 `{path}` 未通过校验：{problem}",
    }

    // The states of a run, as labels.

    /// A process is at work.
    state_running() { en: "running", zh: "运行中" }
    /// Stopped before its end; it can be resumed.
    state_interrupted() { en: "interrupted", zh: "已中断" }
    /// Trained, and nothing judged it.
    state_finished() { en: "finished", zh: "已完成" }
    /// The acceptance said yes.
    state_accepted() { en: "accepted", zh: "已通过验收" }
    /// A gate or the acceptance said no.
    state_refused() { en: "refused", zh: "未通过" }
    /// It ended with an error.
    state_failed() { en: "failed", zh: "失败" }

    // Verification: what agrees.

    /// All links lead somewhere.
    held_links(links) { en: "{links} links between them lead to statements that are there", zh: "陈述之间的 {links} 处引用都能找到" }
    /// The statements follow from each other.
    held_chain() { en: "they follow from each other, the decision from what was measured and the criteria", zh: "各陈述前后相符，验收结论由实测结果与标准推出" }
    /// The model file.
    held_model() { en: "the model is the one that was trained and measured", zh: "模型就是当初训练并测量的那一个" }
    /// The model with weights of 8 bits.
    held_quantized() { en: "the model with weights of 8 bits is the one that was measured", zh: "8 位权重的模型就是当初测量的那一个" }
    /// The lock.
    held_lock() { en: "spec, sources and prepared data are those of the training", zh: "规格、数据源与预处理后的数据与训练时一致" }
    /// The user's spec.
    held_spec() { en: "`spec.yaml` resolves to the spec of the run", zh: "`spec.yaml` 解析后与该运行的规格一致" }
    /// The epochs in the events.
    held_epochs(epochs) { en: "the epochs on record ({epochs}) are those of the training, with their losses and parameters", zh: "记录在案的 {epochs} 轮训练（损失与参数）与证据一致" }
    /// The readings of test.
    held_test_reads(reads) { en: "readings of the test data on record: {reads}, as claimed", zh: "记录在案的测试数据读取次数为 {reads}，与证据一致" }
    /// The folds of the cross-validation.
    held_folds(folds) { en: "{folds} folds ended and said what is claimed of them", zh: "{folds} 折的记录及预测与证据一致" }
    /// The kept checkpoints.
    held_checkpoints(checkpoints) { en: "{checkpoints} checkpoints hold the parameters of their epochs", zh: "{checkpoints} 个检查点中的参数与所属轮次一致" }
    /// Status and events.
    held_state() { en: "how the run ended follows from the statements", zh: "运行的结局由各陈述推出" }
    /// Everything on the page.
    held_figures() { en: "verdict, criteria and figures of the report are those of the statements", zh: "报告中的结论、标准与数字与各陈述一致" }
    /// The page is what its data give.
    held_page() { en: "the report shows the data that it carries, and nothing else", zh: "报告所展示的内容与其携带的数据完全一致" }
    /// A run that goes on or was interrupted.
    note_not_ended() { en: "the run has not come to its end: nothing is decided yet", zh: "该运行尚未结束，还没有任何结论" }

    // Verification: what does not.

    /// A page that is not what its data give.
    page_altered(page) { en: "`{page}` does not show the data that it carries", zh: "`{page}` 所展示的内容与其携带的数据不一致" }
    /// What to do about it.
    page_altered_hint() { en: "it was changed by hand, or drawn by another build of the program; `proofmark report RUN` draws it from its data", zh: "报告被手工改动过，或由程序的其他构建生成；`proofmark report RUN` 可依据数据重新生成" }
    /// A page of another version.
    page_version(page, version, ours) { en: "`{page}` was drawn by version {version}, this is version {ours}: whether it shows the data that it carries cannot be said", zh: "`{page}` 由版本 {version} 生成，而本程序是版本 {ours}，无法判断它展示的内容是否与其数据一致" }
    /// What to do about it.
    page_version_hint() { en: "verify it with that version", zh: "请用该版本核验" }
    /// A statement of a page that does not verify.
    page_statement_altered(digest, page, problem) { en: "the statement `{digest}` in `{page}`: {problem}", zh: "`{page}` 中的陈述 `{digest}`：{problem}" }
    /// A statement of a page that the run does not have.
    page_statement_foreign(digest, page) { en: "`{page}` carries the statement `{digest}`, which the run does not have in `evidence`", zh: "`{page}` 携带的陈述 `{digest}` 不在该运行的 `evidence` 中" }
    /// A statement that stands on nothing.
    input_missing(kind, role, digest) { en: "a statement `{kind}` stands on `{role}` with the digest `{digest}`, which is not in `evidence`", zh: "陈述 `{kind}` 依据的 `{role}`（摘要 `{digest}`）不在 `evidence` 中" }
    /// Nothing to verify.
    no_evidence() { en: "there is no evidence", zh: "没有证据" }
    /// A value that is another.
    evidence_differs(what, expected, found) { en: "{what} is not what the evidence says: expected `{expected}`, found `{found}`", zh: "{what}与证据不符：应为 `{expected}`，实为 `{found}`" }
    /// What to do about what was changed.
    evidence_hint() { en: "something was changed after it was measured; restore it, or measure again", zh: "有内容在测量之后被改动过，请恢复原件或重新测量" }
    /// A spec that does not read.
    spec_unreadable(file, problem) { en: "the spec in `{file}` cannot be read: {problem}", zh: "无法读取 `{file}` 中的规格：{problem}" }
    /// A checkpoint that does not read.
    checkpoint_unreadable(path, problem) { en: "the checkpoint `{path}` cannot be read: {problem}", zh: "无法读取检查点 `{path}`：{problem}" }
    /// A checkpoint under the name of another.
    checkpoint_elsewhere(path) { en: "the checkpoint `{path}` is not of the end of the epoch in its name", zh: "检查点 `{path}` 并非其名称所指轮次结束时的检查点" }
    /// A statement of another kind or version.
    chain_unreadable(kind, digest, cause) { en: "the statement `{kind}` (`{digest}`) in `evidence` does not claim what its kind claims: {cause}", zh: "`evidence` 中的陈述 `{kind}`（`{digest}`）与该类型应有的声明项不符：{cause}" }
    /// Two statements that contradict each other.
    chain_contradiction(kind, one, other) { en: "two statements `{kind}` in `evidence` contradict each other: `{one}`, `{other}`", zh: "`evidence` 中的两条 `{kind}` 陈述互相矛盾：`{one}`、`{other}`" }
    /// A statement that is gone.
    chain_missing(kind) { en: "the statement `{kind}` is missing in `evidence`", zh: "`evidence` 中缺少陈述 `{kind}`" }
    /// As above, of a split.
    chain_missing_of(kind, split) { en: "the statement `{kind}` of {split} is missing in `evidence`", zh: "`evidence` 中缺少{split}的陈述 `{kind}`" }
    /// A statement that stands on something else.
    chain_unlinked(kind, role, expected) { en: "the statement `{kind}` in `evidence` does not stand on `{role}` `{expected}`", zh: "`evidence` 中的陈述 `{kind}` 并未以 `{role}`（`{expected}`）为依据" }
    /// A statement that contradicts what it stands on.
    chain_does_not_follow(kind, digest) { en: "the statement `{kind}` (`{digest}`) in `evidence` does not follow from what it stands on", zh: "`evidence` 中的陈述 `{kind}`（`{digest}`）无法由其依据推出" }
    /// A file, as what differs.
    subject_file(file) { en: "`{file}`", zh: "`{file}` " }
    /// A value in a file.
    subject_key(key, file) { en: "`{key}` in `{file}`", zh: "`{file}` 中的 `{key}` " }
    /// The readings of test in the events.
    subject_test_reads(file) { en: "the number of readings of the test data in `{file}`", zh: "`{file}` 中测试数据的读取次数" }
    /// The outcome in the events.
    subject_outcome(file) { en: "the outcome in `{file}`", zh: "`{file}` 中的结局" }
    /// The state in the status.
    subject_state(file) { en: "the state in `{file}`", zh: "`{file}` 中的状态" }
    /// The parameters in a checkpoint.
    subject_fold(file) { en: "what the model said in `{file}`", zh: "`{file}` 中的模型预测" }
    /// The parameters in a checkpoint.
    subject_checkpoint(file) { en: "the parameters in `{file}`", zh: "`{file}` 中的参数" }
    /// A statement that came out otherwise.
    subject_claim(kind, path) { en: "`{path}` in the statement `{kind}`", zh: "陈述 `{kind}` 中的 `{path}` " }
    /// The split train.
    split_train() { en: "train", zh: "训练集" }
    /// The split validation.
    split_validation() { en: "validation", zh: "验证集" }
    /// The split test.
    split_test() { en: "test", zh: "测试集" }
}
