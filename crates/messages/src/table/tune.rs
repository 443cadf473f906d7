crate::phrases! {
    /// A search without parameters.
    no_parameters() {
        en: "the search has no parameters",
        zh: "没有要搜索的参数",
    }
    /// What to do about a search without parameters.
    no_parameters_hint() {
        en: "name at least one value of the spec, as in `train.optimizer.adam.learning_rate: {{ log: [0.0001, 0.01] }}`",
        zh: "请至少列出规格中的一个值，例如 `train.optimizer.adam.learning_rate: {{ log: [0.0001, 0.01] }}`",
    }
    /// A search with too many parameters.
    too_many_parameters(received, maximum) {
        en: "the search has {received} parameters; at most {maximum} are possible",
        zh: "搜索包含 {received} 个参数，最多允许 {maximum} 个",
    }
    /// A parameter that stands twice.
    duplicate_parameter(parameter) {
        en: "the parameter `{parameter}` stands twice",
        zh: "参数 `{parameter}` 出现了两次",
    }
    /// A domain that does not say what it is.
    domain_without_kind() {
        en: "expected one of `linear`, `log`, `integer`, `log_integer` and `choice`, received none of them",
        zh: "应给出 `linear`、`log`、`integer`、`log_integer`、`choice` 之一，但一个也没有",
    }
    /// A domain that says several things.
    domain_of_several_kinds(received) {
        en: "expected one of `linear`, `log`, `integer`, `log_integer` and `choice`, received {received}",
        zh: "`linear`、`log`、`integer`、`log_integer`、`choice` 只能给出一个，但同时给出了 {received}",
    }
    /// How domains are written.
    domain_kind_hint() {
        en: "write `[low, high]`, or a map with one of these keys, such as `{{ log: [0.0001, 0.01] }}`",
        zh: "请写成 `[low, high]`，或只含其中一个键的映射，例如 `{{ log: [0.0001, 0.01] }}`",
    }
    /// Ends that are no numbers.
    ends_not_finite(low, high) {
        en: "expected two finite numbers, received `{low}` and `{high}`",
        zh: "应为两个有限的数，实际为 `{low}` 和 `{high}`",
    }
    /// A low end above the high one.
    ends_reversed(low, high) {
        en: "the low end `{low}` is above the high end `{high}`",
        zh: "下限 `{low}` 大于上限 `{high}`",
    }
    /// What to do about ends in the wrong order.
    ends_reversed_hint() {
        en: "the low end comes first; two equal ends fix the value",
        zh: "应先写下限，再写上限；两者相等表示固定该值",
    }
    /// A range that is too wide for a number.
    too_wide(low, high) {
        en: "the range from `{low}` to `{high}` is too wide for 64-bit numbers",
        zh: "从 `{low}` 到 `{high}` 的范围超出了 64 位浮点数的表示能力",
    }
    /// A logarithmic range that reaches zero.
    log_not_positive(low) {
        en: "a logarithmic range starts above 0, received `{low}`",
        zh: "对数范围的下限必须大于 0，实际为 `{low}`",
    }
    /// What to do about a logarithmic range that reaches zero.
    log_not_positive_hint() {
        en: "raise the low end, or use `linear` or `integer`",
        zh: "请提高下限，或改用 `linear` 或 `integer`",
    }
    /// Integers that are too large.
    integer_too_large(low, high, limit) {
        en: "the integers from `{low}` to `{high}` go beyond `{limit}`",
        zh: "从 `{low}` 到 `{high}` 的整数超出了 `{limit}`",
    }
    /// A step where there can be none.
    step_without(kind) {
        en: "`{kind}` takes no `step`",
        zh: "`{kind}` 不能带 `step`",
    }
    /// Where steps can stand.
    step_without_hint() {
        en: "`step` belongs to `linear` and `integer`",
        zh: "`step` 只能用于 `linear` 和 `integer`",
    }
    /// A step that goes nowhere.
    step_not_positive(step) {
        en: "`step` must be a finite number above 0, received `{step}`",
        zh: "`step` 必须是大于 0 的有限数，实际为 `{step}`",
    }
    /// A step between integers that is none.
    step_not_integer(step) {
        en: "the `step` of `integer` must be an integer, received `{step}`",
        zh: "`integer` 的 `step` 必须是整数，实际为 `{step}`",
    }
    /// A step that is too small.
    too_many_steps(step) {
        en: "`step` is so small that the values cannot be told apart, received `{step}`",
        zh: "`step` 过小，各个取值无法区分，实际为 `{step}`",
    }
    /// A list of values without any.
    no_values() {
        en: "expected at least one value, received an empty list",
        zh: "至少需要一个值，实际为空列表",
    }
    /// What to do about an empty list of values.
    no_values_hint() {
        en: "list the values, or remove the key",
        zh: "请列出取值，或删除该键",
    }
    /// A choice that stands twice.
    duplicate_choice(value, first_idx) {
        en: "the choice `{value}` stands at index {first_idx} already",
        zh: "选项 `{value}` 已在下标 {first_idx} 处出现",
    }
    /// A condition on something that is not searched.
    unknown_parent(parent) {
        en: "the condition is about `{parent}`, which is not a parameter of the search",
        zh: "条件涉及 `{parent}`，但它不是搜索中的参数",
    }
    /// A condition on a number that is not an integer.
    continuous_parent(parent) {
        en: "the condition is about `{parent}`, which is neither a choice nor an integer",
        zh: "条件涉及 `{parent}`，但它既不是 `choice` 也不是整数",
    }
    /// What conditions can be about.
    parent_hint() {
        en: "`when` names other parameters of the search that are a `choice`, an `integer` or a `log_integer`",
        zh: "`when` 中应为搜索里的其他参数，且类型为 `choice`、`integer` 或 `log_integer`",
    }
    /// A condition that never comes true.
    impossible_condition(parent, value) {
        en: "`{parent}` never has the value `{value}`",
        zh: "`{parent}` 不可能取值 `{value}`",
    }
    /// Parameters that wait for each other.
    circle(parameters) {
        en: "the conditions go round in a circle: {parameters}",
        zh: "条件形成了循环：{parameters}",
    }
    /// No goal.
    no_goals() {
        en: "there is no goal",
        zh: "没有给出目标",
    }
    /// Too many goals.
    too_many_goals(received, maximum) {
        en: "there are {received} goals; at most {maximum} are possible",
        zh: "共有 {received} 个目标，最多允许 {maximum} 个",
    }
    /// More goals than a sampler follows.
    sampler_goals(sampler, received, maximum) {
        en: "there are {received} goals; the sampler `{sampler}` follows at most {maximum}",
        zh: "共有 {received} 个目标，而采样器 `{sampler}` 最多支持 {maximum} 个",
    }
    /// More parameters than a sampler searches.
    sampler_parameters(sampler, received, maximum) {
        en: "the sampler `{sampler}` searches at most {maximum} parameters, received {received}",
        zh: "采样器 `{sampler}` 最多支持 {maximum} 个参数，实际有 {received} 个",
    }
    /// What to use instead.
    sampler_limits_hint() {
        en: "`tpe` and `random` have no such limit",
        zh: "`tpe` 和 `random` 没有这一限制",
    }
    /// A pruner with several goals.
    pruner_goals(pruner, received) {
        en: "the pruner `{pruner}` needs exactly one goal, received {received}",
        zh: "剪枝器 `{pruner}` 只支持一个目标，实际有 {received} 个",
    }
    /// What to do about a pruner with several goals.
    pruner_goals_hint() {
        en: "set `pruner: none`, or keep one goal",
        zh: "请设置 `pruner: none`，或只保留一个目标",
    }
    /// A trial that does not exist.
    unknown_trial(number, n_trials) {
        en: "there is no trial {number}; the study has {n_trials}",
        zh: "不存在试验 {number}，该研究共有 {n_trials} 个试验",
    }
    /// A trial that ended before.
    trial_finished(number) {
        en: "trial {number} has ended already",
        zh: "试验 {number} 已经结束",
    }
    /// Steps in the wrong order.
    step_order(number, step, last) {
        en: "trial {number} reports step {step} after step {last}; steps start at 1 and ascend",
        zh: "试验 {number} 在第 {last} 步之后报告了第 {step} 步；步数应从 1 开始递增",
    }
    /// A step with two values.
    report_differs(number, step, expected, received) {
        en: "trial {number} reported `{expected}` at step {step} before, and now `{received}`",
        zh: "试验 {number} 在第 {step} 步先前报告的是 `{expected}`，现在却是 `{received}`",
    }
    /// Why a step may have two values.
    report_differs_hint() {
        en: "a trial that is run again gives the same values; program, data or spec changed since",
        zh: "重新运行的试验应给出相同的值；程序、数据或规格在此期间发生了变化",
    }
    /// A wrong number of results.
    objective_count(number, expected, received) {
        en: "trial {number} ends with {received} values; the study has {expected} goals",
        zh: "试验 {number} 给出了 {received} 个值，而该研究有 {expected} 个目标",
    }
    /// A record that is wrong, with its place.
    journal(position, what) {
        en: "record {position} of the study's journal: {what}",
        zh: "研究日志的第 {position} 条记录：{what}",
    }
    /// What to do about a journal that is wrong.
    journal_hint() {
        en: "the journal was cut off or altered; restore it, or start a new study",
        zh: "日志已残缺或被改动；请恢复日志，或开始新的研究",
    }
    /// A line that is no record.
    record_unreadable(cause) {
        en: "it cannot be read: {cause}",
        zh: "无法读取：{cause}",
    }
    /// A journal without its start.
    record_no_start() {
        en: "the first record must say which study started",
        zh: "第一条记录必须说明开始的是哪项研究",
    }
    /// A second start.
    record_second_start() {
        en: "a study starts once",
        zh: "一项研究只能开始一次",
    }
    /// Another spec.
    record_spec(expected, received) {
        en: "the study is of the spec `{received}`, this one is `{expected}`",
        zh: "日志中的研究属于规格 `{received}`，当前规格为 `{expected}`",
    }
    /// Another seed.
    record_seed(expected, received) {
        en: "the study has the seed `{received}`, this one is `{expected}`",
        zh: "日志中的研究使用随机种子 `{received}`，当前为 `{expected}`",
    }
    /// What to do about a study that is another.
    record_differs_hint() {
        en: "undo the change of the spec, or start a new study",
        zh: "请撤销对规格的更改，或开始新的研究",
    }
    /// A trial out of turn.
    record_turn(expected, received) {
        en: "expected the start of trial {expected}, received that of trial {received}",
        zh: "此处应开始试验 {expected}，实际为试验 {received}",
    }
    /// More trials than asked for.
    record_too_many(maximum) {
        en: "the study has more than {maximum} trials",
        zh: "该研究的试验超过了 {maximum} 个",
    }
    /// Values that are no point of the space.
    record_misfit(number, parameter) {
        en: "the values of trial {number} do not fit the search at `{parameter}`",
        zh: "试验 {number} 的取值与搜索空间不符，位置为 `{parameter}`",
    }
    /// A step that was recorded before.
    record_report_twice(number, step) {
        en: "step {step} of trial {number} is recorded already",
        zh: "试验 {number} 的第 {step} 步已有记录",
    }
    /// An end that no study records.
    record_state(number) {
        en: "trial {number} ends in a way that no study records",
        zh: "试验 {number} 的结束状态不可能由研究写出",
    }
}
