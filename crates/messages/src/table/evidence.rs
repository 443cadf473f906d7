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
    /// The kind `accept.decision`.
    kind_accept_decision() { en: "acceptance", zh: "验收结论" }
    /// The kind `run.reproduced`.
    kind_run_reproduced() { en: "reproduction", zh: "复现" }
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
    store_bad_event(path, offset, cause) {
        en: "the event at byte `{offset}` of `{path}` is damaged: {cause}",
        zh: "`{path}` 第 `{offset}` 字节处的事件已损坏：{cause}",
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
}
