crate::phrases! {
    // What is wrong with files of series.
    at_line(path, line, problem) { en: "`{path}`:{line}: {problem}", zh: "`{path}`:{line}：{problem}" }
    on_line(line, problem) { en: "line `{line}`: {problem}", zh: "第 `{line}` 行：{problem}" }
    not_utf8() { en: "the text is not UTF-8", zh: "文本不是 UTF-8 编码" }
    no_data() { en: "the file ends before its data", zh: "文件在数据开始之前就结束了" }
    hint_ts_layout() {
        en: "a `.ts` file has headers (`@classLabel true a b`), then `@data`, then a line for each series: `1.5,2:0.1,0.3:a`",
        zh: "`.ts` 文件先是头部（`@classLabel true a b`），再是 `@data`，然后每条序列一行：`1.5,2:0.1,0.3:a`",
    }
    no_classes() { en: "the series have no classes", zh: "这些序列没有类别" }
    hint_classes() {
        en: "the header lists the classes before `@data`: `@classLabel true a b`",
        zh: "头部要在 `@data` 之前列出类别：`@classLabel true a b`",
    }
    many_classes(limit) { en: "expected at most `{limit}` classes", zh: "最多 `{limit}` 个类别" }
    class_twice(class) { en: "the class `{class}` stands twice", zh: "类别 `{class}` 出现了两次" }
    time_stamps() {
        en: "the steps have times of their own, which is not supported",
        zh: "各步带有自己的时间，目前不支持",
    }
    hint_time_stamps() {
        en: "write the values alone, one for each step (`@timeStamps false`)",
        zh: "请只写数值，每步一个（`@timeStamps false`）",
    }
    no_header(received) {
        en: "expected a header that begins with `@`, received `{received}`",
        zh: "应为以 `@` 开头的头部，实际为 `{received}`",
    }
    no_number(received) { en: "expected a number, received `{received}`", zh: "应为数字，实际为 `{received}`" }
    hint_number() {
        en: "write numbers with a decimal point; a field that is empty, `?` or `NaN` is a missing value",
        zh: "数字用小数点书写；空字段、`?` 或 `NaN` 表示缺失值",
    }
    channels(expected, received) {
        en: "expected `{expected}` channels, received `{received}`",
        zh: "应有 `{expected}` 个通道，实际有 `{received}` 个",
    }
    steps(expected, received) {
        en: "expected `{expected}` steps in each channel, received `{received}`",
        zh: "每个通道应有 `{expected}` 步，实际有 `{received}` 步",
    }
    hint_channels() {
        en: "all series need the same channels, and all channels of a series the same steps",
        zh: "所有序列的通道必须相同，同一序列各通道的步数必须相同",
    }
    no_class_at_end() { en: "the class is missing at the end", zh: "行尾缺少类别" }
    hint_no_class_at_end() {
        en: "end the line with `:` and the class, or with `:?` where it is not known",
        zh: "请在行尾写上 `:` 和类别；未知时写 `:?`",
    }
    unknown_class(class) { en: "the header has no class `{class}`", zh: "头部没有列出类别 `{class}`" }
    fields(expected, received) {
        en: "expected `{expected}` fields as in the first line, received `{received}`",
        zh: "应与第一行一样有 `{expected}` 个字段，实际有 `{received}` 个",
    }
    hint_fields() {
        en: "a line is a step, a column is a channel; leave a field empty where a value is missing",
        zh: "一行是一步，一列是一个通道；缺失的值留空",
    }
    no_step() { en: "there is no step", zh: "没有任何一步" }

    // What is wrong with a folder of series.
    no_series(path) {
        en: "`{path}` has neither `.ts` files nor sub-folders with CSV files",
        zh: "`{path}` 中既没有 `.ts` 文件，也没有含 CSV 文件的子文件夹",
    }
    no_train_series(path) {
        en: "`{path}` has a file to test on, and none to train on",
        zh: "`{path}` 中有测试文件，却没有训练文件",
    }
    hint_no_series() {
        en: "expected files that end in `_TRAIN.ts` and `_TEST.ts`, or one sub-folder per class (perhaps below `train` and `test`)",
        zh: "应有以 `_TRAIN.ts` 和 `_TEST.ts` 结尾的文件，或每个类别一个子文件夹（可放在 `train` 和 `test` 之下）",
    }
    two_files(part, path) {
        en: "two files could be the part `{part}`; the second is `{path}`",
        zh: "有两个文件都可能是 `{part}` 部分，第二个是 `{path}`",
    }
    hint_two_files() { en: "leave one of them in the folder", zh: "请在文件夹中只保留一个" }
    channel_mismatch(path, expected, received) {
        en: "`{path}`: expected series of `{expected}` channels, received `{received}`",
        zh: "`{path}`：序列应有 `{expected}` 个通道，实际有 `{received}` 个",
    }
    hint_channel_mismatch() { en: "all series need the same channels", zh: "所有序列的通道必须相同" }
    series_too_long(path, expected, received) {
        en: "`{path}`: expected series of at most `{expected}` steps, received `{received}`",
        zh: "`{path}`：序列最多 `{expected}` 步，实际有 `{received}` 步",
    }
    hint_series_too_long() {
        en: "the model reads as many steps as the longest series of its data had; cut the series",
        zh: "模型读取的步数等于其数据中最长序列的步数，请截短该序列",
    }
    series_with_gaps(path, row) {
        en: "`{path}`: series {row} has missing values",
        zh: "`{path}`：第 {row} 条序列有缺失值",
    }
    values_missing(rows, split) {
        en: "`{rows}` rows of `{split}` have missing values, with which no model can compute",
        zh: "`{split}` 中有 `{rows}` 行含缺失值，模型无法计算",
    }
    hint_values_missing(feature) {
        en: "add the rule `source.{feature}.missing == 0` and the operator `drop_missing`, so that dropping them is recorded",
        zh: "请加上规则 `source.{feature}.missing == 0` 和操作 `drop_missing`，这样删除会留下记录",
    }
    hint_values_missing_in_test() {
        en: "test rows are never cleaned: fill the values in the file, or take the rows out of it",
        zh: "测试行从不清洗：请在文件中补全这些值，或删去这些行",
    }

    // What is wrong with the spec.
    images_only(key, what) { en: "`{key}`: `{what}` is for images", zh: "`{key}`：`{what}` 只用于图像" }
    hint_images_only() {
        en: "leave it out; what series can go through is `standardize`",
        zh: "请去掉它；序列可用的步骤是 `standardize`",
    }
    feature_of_source(key, source, given, received) {
        en: "`{key}`: the source `{source}` gives `{given}`, not `{received}`",
        zh: "`{key}`：数据源 `{source}` 给出的是 `{given}`，而不是 `{received}`",
    }
    hint_feature_of_source(given) { en: "write `type: {given}`", zh: "请写 `type: {given}`" }

    // What a rule can read.
    fact_series_missing() { en: "share of rows with missing values, 0 to 1", zh: "含缺失值的行所占比例，0 到 1" }
    fact_series_duplicates() {
        en: "share of rows whose series an earlier row has too, 0 to 1",
        zh: "序列与前面某行完全相同的行所占比例，0 到 1",
    }
    fact_series_leaked() {
        en: "share of rows whose series stands in the test split too, 0 to 1",
        zh: "序列也出现在测试集中的行所占比例，0 到 1",
    }
    fact_series_constant() { en: "share of series that never change, 0 to 1", zh: "始终不变的序列所占比例，0 到 1" }
    fact_steps_min() { en: "steps of the shortest series", zh: "最短序列的步数" }
    fact_steps_max() { en: "steps of the longest series", zh: "最长序列的步数" }
    fact_steps_mean() { en: "mean of the steps", zh: "步数的均值" }
    fact_series_channels() { en: "channels: numbers of a step", zh: "通道数：每步的数值个数" }

    // A profile on the terminal.
    profile_steps() { en: "steps", zh: "步数" }
    profile_channels() { en: "channels", zh: "通道" }
    profile_values() { en: "values", zh: "数值" }
    profile_gaps() { en: "with missing values", zh: "含缺失值" }
    profile_copies() { en: "duplicates", zh: "重复序列" }
    profile_never_changing() { en: "never changing", zh: "始终不变" }
}
