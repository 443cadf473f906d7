crate::phrases! {
    // The command and its options
    about() { en: "Give the model of a run weights of 8 bits, and measure what that changes", zh: "将某次运行的模型权重量化为 8 位，并测量由此产生的变化" }
    argument_run() { en: "A run (its id, the beginning of its id, or its folder), or the model file in its folder", zh: "运行（编号、编号的开头部分或所在文件夹），或其文件夹中的模型文件" }
    option_calibrate(rows) { en: "Training rows on which ranges are measured, spread evenly [default: {rows}]", zh: "用于测量取值范围的训练行数，均匀选取 [默认：{rows}]" }
    option_method() { en: "How a range follows from what was seen: `max`, all of it; `percentile`, without the tails [default: max]", zh: "由观测值确定范围的方法：`max` 取全部范围，`percentile` 去除两端的尾部 [默认：max]" }
    option_percentile(percentile) { en: "With `--method percentile`: the share that lies below the range's upper end, and above its lower one, in per cent [default: {percentile}]", zh: "与 `--method percentile` 同用：位于范围上端以下（以及下端以上）的百分比 [默认：{percentile}]" }
    option_out() { en: "Where to write it [default: `model.int8.safetensors` in the run's folder]", zh: "写入的文件 [默认：运行文件夹中的 `model.int8.safetensors`]" }
    option_predict_quantized() { en: "Use the model with weights of 8 bits, which `proofmark quantize` made", zh: "使用 `proofmark quantize` 生成的 8 位权重模型" }

    // What came out
    label_file() { en: "8 bits", zh: "8 位模型" }
    label_layers() { en: "layers", zh: "各层" }
    label_calibrated() { en: "ranges from", zh: "范围来源" }
    calibrated(rows, method) { en: "{rows} training rows, {method}", zh: "{rows} 行训练数据，{method}" }
    label_measured() { en: "measured on", zh: "测量数据" }
    rows_of_test(rows) { en: "{rows} rows of test, read once more", zh: "测试集的 {rows} 行（再次读取）" }
    rows_of_validation(rows) { en: "{rows} rows of validation; the run never read test", zh: "验证集的 {rows} 行；该运行从未读取测试集" }
    column_before() { en: "before", zh: "量化前" }
    column_after() { en: "after", zh: "量化后" }
    value_interval(value, lower, upper) { en: "{value} ({lower} to {upper})", zh: "{value}（{lower} 至 {upper}）" }
    row_size() { en: "file", zh: "文件大小" }
    row_time() { en: "time an image", zh: "每幅图像用时" }
    microseconds(value) { en: "{value} µs", zh: "{value} 微秒" }
    label_changed() { en: "changed", zh: "变化" }
    changed(changed, rows, only_before, only_after) {
        en: "{changed} of {rows} predictions: {only_before} right only before, {only_after} right only after",
        zh: "{rows} 个预测中有 {changed} 个不同：仅量化前正确 {only_before} 个，仅量化后正确 {only_after} 个",
    }
    label_accuracy() { en: "accuracy", zh: "准确率" }
    difference(value, lower, upper, p) {
        en: "{value}, 95 % interval {lower} to {upper}; McNemar's p = {p}",
        zh: "{value}，95% 置信区间 {lower} 至 {upper}；McNemar 检验 p = {p}",
    }
    times_note() {
        en: "times are medians of single answers on one thread, in turns; they are not evidence",
        zh: "用时为单线程逐幅交替测量的中位数，不作为证据",
    }
    not_recorded(cause) { en: "not added to the run's evidence: {cause}", zh: "未加入该运行的证据：{cause}" }

    // Errors
    percentile_hint() { en: "a number above 50, up to 100, is expected", zh: "应为大于 50 且不超过 100 的数" }
    nothing_to_quantize(path) { en: "`{path}` has no layer that can have weights of 8 bits", zh: "`{path}` 中没有可以量化为 8 位权重的层" }
    nothing_to_quantize_hint() {
        en: "dense layers and convolutions without groups can, if no other layer shares their weights",
        zh: "可以量化的是全连接层和不分组的卷积层，且其权重不与其他层共享",
    }
    already_quantized(path) { en: "`{path}` has weights of 8 bits already", zh: "`{path}` 的权重已经是 8 位" }
    already_quantized_hint() { en: "quantise the model that it was made from: `model.safetensors` in the run's folder", zh: "请量化其来源模型：运行文件夹中的 `model.safetensors`" }
    not_quantized(run) { en: "the run `{run}` has no model with weights of 8 bits", zh: "运行 `{run}` 没有 8 位权重的模型" }
    not_quantized_hint(run) { en: "`proofmark quantize {run}` makes it", zh: "可用 `proofmark quantize {run}` 生成" }
    model_input(path, expected, received) { en: "`{path}` reads samples of {expected}, the data have {received}", zh: "`{path}` 读取形状为 {expected} 的样本，而数据为 {received}" }
}
