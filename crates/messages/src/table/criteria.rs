crate::phrases! {
    // Between the items of an enumeration.
    separator() { en: ", ", zh: "、" }

    // Kinds of values and grades of evidence.
    kind_number() { en: "number", zh: "数值" }
    kind_bool() { en: "boolean", zh: "布尔值" }
    kind_text() { en: "text", zh: "文本" }
    grade_measured() { en: "measured", zh: "实测" }
    grade_reported() { en: "reported", zh: "上报" }
    grade_attested() { en: "attested", zh: "声明" }

    // Reading a criterion: what is wrong with it.
    too_long(bytes, limit) {
        en: "the criterion is {bytes} bytes long, expected at most {limit}",
        zh: "条件长 {bytes} 字节，最多允许 {limit} 字节",
    }
    too_many_tokens(tokens, limit) {
        en: "the criterion has {tokens} words, numbers and signs, expected at most {limit}",
        zh: "条件含 {tokens} 个单词、数字和符号，最多允许 {limit} 个",
    }
    too_deep(limit) {
        en: "brackets are nested more than {limit} deep",
        zh: "括号嵌套超过 {limit} 层",
    }
    split_hint() {
        en: "split it into several criteria; all of them must hold",
        zh: "请拆成几个条件，它们必须全部成立",
    }
    unexpected_word(word) { en: "unexpected `{word}`", zh: "此处不应出现 `{word}`" }
    unexpected_end() { en: "the criterion ends too early", zh: "条件不完整，提前结束" }
    unclosed_text() { en: "the text in quotes is not closed", zh: "引号中的文本没有结束引号" }
    write_instead_hint(instead) { en: "write `{instead}`", zh: "请写成 `{instead}`" }
    example_hint(example) { en: "a criterion looks like `{example}`", zh: "条件的写法例如 `{example}`" }
    not_offered(what) { en: "`{what}` is not offered in a criterion", zh: "条件中不支持 `{what}`" }
    operators_hint(operators) { en: "what is offered: {operators}", zh: "可用的运算：{operators}" }
    comment_hint() {
        en: "a comment would hide what follows it; write it in YAML, after `#`",
        zh: "注释会遮住其后的内容；请在 YAML 中用 `#` 书写注释",
    }
    quotes_hint() { en: "write texts as `\"text\"` or `'text'`", zh: "文本请写成 `\"text\"` 或 `'text'`" }
    unknown_function(function) { en: "`{function}` is not a function of criteria", zh: "条件中没有函数 `{function}`" }
    has_hint() {
        en: "`optional(path, default)` says what holds when a value is absent",
        zh: "请用 `optional(path, default)` 说明缺值时按什么处理",
    }
    functions_hint(functions) { en: "the functions are {functions}", zh: "可用的函数有 {functions}" }
    wrong_arguments(function, found, usage) {
        en: "`{function}` got the wrong number of arguments ({found}), expected `{usage}`",
        zh: "`{function}` 的参数个数（{found}）不对，应写成 `{usage}`",
    }
    argument_is_no_path(function, usage) {
        en: "the first argument of `{function}` is not a path, expected `{usage}`",
        zh: "`{function}` 的第一个参数不是路径，应写成 `{usage}`",
    }
    argument_is_no_text(function, usage) {
        en: "the argument of `{function}` is not a text, expected `{usage}`",
        zh: "`{function}` 的参数不是文本，应写成 `{usage}`",
    }
    default_is_no_literal(usage) {
        en: "the default is not a plain value, expected `{usage}`",
        zh: "默认值不是直接写出的值，应写成 `{usage}`",
    }
    literal_hint() {
        en: "a plain value is a number, `true`, `false` or a text in quotes",
        zh: "直接写出的值指数字、`true`、`false` 或引号中的文本",
    }
    path_hint(example) {
        en: "a path looks like `{example}`; a name with other signs stands in brackets, as in `source[\"petal length\"].max`",
        zh: "路径的写法例如 `{example}`；含其他符号的名称写在方括号里，例如 `source[\"petal length\"].max`",
    }
    not_a_path() { en: "this is not a path", zh: "这不是路径" }
    unknown_path(path) { en: "`{path}` is not known here", zh: "此处没有 `{path}`" }
    nearest_hint(name) { en: "did you mean `{name}`?", zh: "是否想写 `{name}`？" }
    known_paths_hint(paths) { en: "known here: {paths}", zh: "此处可用：{paths}" }
    wrong_kind(text, found, expected) {
        en: "`{text}` is a {found}, expected a {expected}",
        zh: "`{text}` 是{found}，此处应为{expected}",
    }
    compare_it_hint(text) {
        en: "compare it with something, for example `{text} >= 1`",
        zh: "请将它与某个值比较，例如 `{text} >= 1`",
    }
    mixed_kinds(left, left_kind, operator, right, right_kind) {
        en: "`{left}` is a {left_kind} and `{right}` is a {right_kind}: `{operator}` needs the same kind on both sides",
        zh: "`{left}` 是{left_kind}，而 `{right}` 是{right_kind}：`{operator}` 两边的类型必须相同",
    }
    condition_as_operand(operator) {
        en: "a condition stands beside `{operator}`, expected a value",
        zh: "`{operator}` 旁边是一个条件，此处应为值",
    }
    condition_hint() {
        en: "write `1 < x && x < 3` instead of `1 < x < 3`, and `a && !b` instead of comparing conditions",
        zh: "请将 `1 < x < 3` 写成 `1 < x && x < 3`；不要比较两个条件，请用 `a && !b` 这样的写法",
    }
    list_expected() { en: "the right side of `in` is not a list", zh: "`in` 的右边不是列表" }
    list_item() { en: "an item of the list is not a plain value", zh: "列表中有一项不是直接写出的值" }
    list_empty() { en: "the list after `in` is empty", zh: "`in` 后面的列表是空的" }
    list_misplaced() { en: "a list stands only on the right side of `in`", zh: "列表只能出现在 `in` 的右边" }
    list_hint() { en: "a list looks like `[\"a\", \"b\"]` or `[1, 2]`", zh: "列表的写法例如 `[\"a\", \"b\"]` 或 `[1, 2]`" }
    number_not_exact(number) {
        en: "the number `{number}` cannot be kept exactly, expected at most 2^53",
        zh: "数字 `{number}` 无法精确保存，绝对值不得超过 2^53",
    }
    number_unreadable(number) {
        en: "the number `{number}` is out of range",
        zh: "数字 `{number}` 超出范围",
    }
    reads_nothing(text) {
        en: "`{text}` reads no evidence, so it would always say the same",
        zh: "`{text}` 没有读取任何证据，结果永远不变",
    }
    no_parser_thread() { en: "the criterion could not be read: no thread could be started", zh: "无法读取条件：无法启动线程" }
    parser_panicked() { en: "the criterion could not be read: the CEL parser failed", zh: "无法读取条件：CEL 解析器出错" }
    our_fault_hint() {
        en: "this is a fault of the program; please report it with the criterion",
        zh: "这是程序的缺陷，请连同该条件一起报告",
    }
    and_more_problems(problem, more) { en: "{problem} (and {more} more)", zh: "{problem}（另有 {more} 处问题）" }

    // Judging: why there is no evidence.
    missing(reading) { en: "there is no evidence of `{reading}`", zh: "没有 `{reading}` 的证据" }
    missing_hint(reading) {
        en: "if the criterion can do without it, write `optional({reading}, default)`",
        zh: "若缺少它时条件也应能判断，请写成 `optional({reading}, default)`",
    }
    absent(reading, why) { en: "`{reading}` has no value: {why}", zh: "`{reading}` 没有值：{why}" }
    absent_not_a_number() { en: "it came out as not a number", zh: "计算结果不是数" }
    absent_infinite() { en: "it came out as infinite", zh: "计算结果为无穷大" }
    other_grade(path, wanted, found) {
        en: "the evidence of `{path}` is {found}, the criterion reads {wanted} evidence",
        zh: "`{path}` 的证据等级是{found}，而条件读取的是{wanted}证据",
    }
    other_grade_hint(reading) {
        en: "to accept that grade, write `{reading}`",
        zh: "若接受该等级，请写成 `{reading}`",
    }
    evidence_of_other_kind(path, found, expected) {
        en: "the evidence of `{path}` is a {found}, expected a {expected}",
        zh: "`{path}` 的证据是{found}，应为{expected}",
    }
    division_by_zero(text) { en: "`{text}` divides by zero", zh: "`{text}` 除以零" }
    not_finite(text) { en: "`{text}` is too large to compute", zh: "`{text}` 的结果过大，无法计算" }
    fault_hint(text) {
        en: "guard it with a condition before it, for example `{text} != 0 && ...`",
        zh: "请在前面加条件保护，例如 `{text} != 0 && ...`",
    }

    // Verdicts.
    outcome_yes() { en: "yes", zh: "是" }
    outcome_no() { en: "no", zh: "否" }
    outcome_no_evidence() { en: "no evidence", zh: "没有证据" }
    comparison_holds(text, value) { en: "`{text}` holds: {value}", zh: "`{text}` 成立：{value}" }
    comparison_fails(text, value) { en: "`{text}` does not hold: {value}", zh: "`{text}` 不成立：{value}" }
    comparison_unknown(text) { en: "`{text}` cannot be judged", zh: "`{text}` 无法判断" }
    comparison_assumed(comparison, readings) {
        en: "{comparison} ({readings} is absent, the default was taken)",
        zh: "{comparison}（{readings} 缺失，采用了默认值）",
    }
    verdict_yes(criterion) { en: "the criterion `{criterion}` holds", zh: "条件 `{criterion}` 成立" }
    verdict_no(criterion) { en: "the criterion `{criterion}` does not hold", zh: "条件 `{criterion}` 不成立" }
    verdict_no_evidence(criterion) {
        en: "the criterion `{criterion}` cannot be judged: evidence is missing",
        zh: "条件 `{criterion}` 无法判断：缺少证据",
    }

    // Acceptance.
    accepted(criteria) { en: "accepted: all {criteria} criteria hold", zh: "通过：全部 {criteria} 个条件成立" }
    accepted_one() { en: "accepted: the criterion holds", zh: "通过：条件成立" }
    refused(failed, criteria) {
        en: "not accepted: {failed} of {criteria} criteria failed",
        zh: "未通过：{criteria} 个条件中有 {failed} 个不成立",
    }
    refused_one() { en: "not accepted: the criterion does not hold", zh: "未通过：条件不成立" }
    not_judged(unknown, criteria) {
        en: "not accepted: {unknown} of {criteria} criteria could not be judged, evidence is missing",
        zh: "未通过：{criteria} 个条件中有 {unknown} 个因缺少证据而无法判断",
    }
    not_judged_one() {
        en: "not accepted: the criterion cannot be judged, evidence is missing",
        zh: "未通过：因缺少证据，条件无法判断",
    }
    nothing_to_judge() { en: "not accepted: no criterion was given", zh: "未通过：没有给出任何条件" }
    accept_empty() { en: "`accept` is an empty list, expected at least one criterion", zh: "`accept` 是空列表，至少需要一个条件" }
    accept_expecting() {
        en: "a criterion, or a list of criteria which must all hold",
        zh: "一个条件，或必须全部成立的条件列表",
    }
    accept_problem(position, problem) { en: "criterion {position}: {problem}", zh: "第 {position} 个条件：{problem}" }

    // What acceptance may read: one line a path.
    path_metric_value() { en: "the metric on the split being judged", zh: "指标在当前评判数据上的值" }
    path_metric_lower95() { en: "lower end of the metric's 95 % confidence interval", zh: "指标 95 % 置信区间的下限" }
    path_metric_upper95() { en: "upper end of the metric's 95 % confidence interval", zh: "指标 95 % 置信区间的上限" }
    path_gain_value() { en: "the metric minus the baseline's, paired", zh: "指标减去基线的配对差值" }
    path_gain_lower95() { en: "lower end of the gain's 95 % confidence interval", zh: "增益 95 % 置信区间的下限" }
    path_gain_upper95() { en: "upper end of the gain's 95 % confidence interval", zh: "增益 95 % 置信区间的上限" }
    path_baseline_value() { en: "the metric of the baseline on the same split", zh: "基线在同一数据上的指标值" }
    path_validation_value() { en: "the metric on the validation split", zh: "指标在验证集上的值" }
    path_validation_lower95() {
        en: "lower end of the 95 % confidence interval on the validation split",
        zh: "验证集上 95 % 置信区间的下限",
    }
    path_validation_upper95() {
        en: "upper end of the 95 % confidence interval on the validation split",
        zh: "验证集上 95 % 置信区间的上限",
    }
    path_cross_validation_value() { en: "the metric's mean over the folds of the cross-validation", zh: "指标在交叉验证各折上的平均值" }
    path_cross_validation_lower95() {
        en: "lower end of the 95 % confidence interval on that mean, corrected for what folds share",
        zh: "该平均值 95 % 置信区间的下限（已修正各折训练数据重叠的影响）",
    }
    path_cross_validation_upper95() {
        en: "upper end of the 95 % confidence interval on that mean, corrected for what folds share",
        zh: "该平均值 95 % 置信区间的上限（已修正各折训练数据重叠的影响）",
    }
    path_cross_validation_min() { en: "the lowest value of any fold", zh: "各折中的最低值" }
    path_cross_validation_max() { en: "the highest value of any fold", zh: "各折中的最高值" }
    path_slices_min() { en: "the lowest accuracy over all slices", zh: "所有切片中的最低准确率" }
    path_slices_max() { en: "the highest accuracy over all slices", zh: "所有切片中的最高准确率" }
    path_slice_min() {
        en: "the lowest accuracy over the slices of one column: `slice(\"label\").accuracy.min`",
        zh: "某一列各切片中的最低准确率：`slice(\"label\").accuracy.min`",
    }
    path_slice_max() {
        en: "the highest accuracy over the slices of one column",
        zh: "某一列各切片中的最高准确率",
    }
    path_data_rows() { en: "rows of the data set before the split", zh: "划分前数据集的行数" }
    path_data_train_rows() { en: "rows that the model was trained on", zh: "训练所用的行数" }
    path_data_validation_rows() { en: "rows of the validation split", zh: "验证集的行数" }
    path_data_test_rows() { en: "rows of the test split", zh: "测试集的行数" }
    path_data_dropped() { en: "share of the rows which cleaning dropped, 0 to 1", zh: "清洗时丢弃的行所占比例，0 到 1" }
    path_test_reads() {
        en: "readings of the test split, with the one by which the final model is judged: 1 the first time, on validation too",
        zh: "测试集的读取次数，含评判最终模型的那一次：首次为 1，在验证集上评判时也按此计",
    }
    path_train_epochs() { en: "epochs trained", zh: "训练的轮数" }
    path_train_best_epoch() { en: "the epoch whose parameters were kept, from 1", zh: "保留其参数的轮次，从 1 起" }
    path_model_parameters() { en: "trainable numbers in the model", zh: "模型可训练参数的个数" }
}
