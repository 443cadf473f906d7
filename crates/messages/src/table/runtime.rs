crate::phrases! {
    /// How the program is called.
    usage() {
        en: "Runs a saved model: one line of JSON for each sample.\n\n\
             Usage: proofmark-runtime [OPTIONS] MODEL [INPUT...]\n\n\
             MODEL is the file `model.safetensors` of a run. INPUT is a file:\n  \
             .npy     f32 (what the model reads) or u8 (pixels, treated as training treated them)\n  \
             IDX      pixels, not compressed\n  \
             .f32     f32 numbers, little-endian, sample after sample\n  \
             .jsonl   an array of numbers on each line, for each sample\n\
             Without INPUT, lines of JSON are read from standard input and answered one by one.\n\n\
             Options:\n  \
             --info               say what the model is\n  \
             --bench N            measure N answers, one sample at a time\n  \
             --max-latency-us X   with --bench: end with 1 if one answer in a hundred takes longer\n  \
             --max-memory-mb X    with --bench: end with 1 if the process takes more memory\n  \
             --threads N          threads (default 1); the answers are the same\n  \
             --batch N            samples of one step, at most (default 8); the answers are the same\n  \
             --simd LEVEL         scalar, avx2 or avx512 (default: the best); the answers are the same\n  \
             --lang LANG          en or zh-CN\n  \
             --help, --version\n\n\
             Ends with 0; 1 if a limit is exceeded; 2 if something given cannot be used; 3 if we made a mistake.\n",
        zh: "运行已保存的模型：每个样本输出一行 JSON。\n\n\
             用法：proofmark-runtime [选项] MODEL [INPUT...]\n\n\
             MODEL 是某次运行的 `model.safetensors`。INPUT 是以下文件之一：\n  \
             .npy     f32（模型直接读取的数）或 u8（像素，按训练时的方式处理）\n  \
             IDX      像素，未压缩\n  \
             .f32     小端 f32，样本依次排列\n  \
             .jsonl   每行一个数组，对应一个样本\n\
             不给 INPUT 时，从标准输入逐行读取 JSON 并逐行回答。\n\n\
             选项：\n  \
             --info               说明模型的情况\n  \
             --bench N            测量 N 次回答，每次一个样本\n  \
             --max-latency-us X   与 --bench 合用：若百次中有一次更慢，则以 1 结束\n  \
             --max-memory-mb X    与 --bench 合用：若进程占用更多内存，则以 1 结束\n  \
             --threads N          线程数（默认 1），不影响结果\n  \
             --batch N            每步最多的样本数（默认 8），不影响结果\n  \
             --simd LEVEL         scalar、avx2 或 avx512（默认取最好的），不影响结果\n  \
             --lang LANG          en 或 zh-CN\n  \
             --help, --version\n\n\
             退出码：0 为完成；1 为超出限制；2 为所给内容无法使用；3 为本程序出错。\n",
    }
    /// Before what an error says.
    error(text) { en: "error: {text}", zh: "错误：{text}" }
    /// Before what helps.
    hint(text) { en: "hint: {text}", zh: "提示：{text}" }
    /// An option that does not exist.
    unknown_option(option) { en: "there is no option `{option}`", zh: "没有选项 `{option}`" }
    /// An option without its value.
    missing_value(option) { en: "`{option}` needs a value", zh: "`{option}` 需要一个值" }
    /// A value that an option does not take.
    value(option, value) { en: "`{option}` does not take `{value}`", zh: "`{option}` 不接受 `{value}`" }
    /// No model.
    no_model() { en: "no model file is given", zh: "没有给出模型文件" }
    /// A limit without a measurement.
    limit_without_bench() {
        en: "`--max-memory-mb` and `--max-latency-us` need `--bench N`",
        zh: "`--max-memory-mb` 和 `--max-latency-us` 需要与 `--bench N` 合用",
    }
    /// Where the options stand.
    usage_hint() { en: "`proofmark-runtime --help` lists the options", zh: "`proofmark-runtime --help` 列出所有选项" }
    /// A model file's preprocessing that does not fit its shape.
    feature(path) {
        en: "the preprocessing in `{path}` does not fit the shape of its images",
        zh: "`{path}` 中的预处理与其图像形状不符",
    }
    /// A model that cannot be built.
    model(path, problem) { en: "`{path}`: {problem}", zh: "`{path}`：{problem}" }
    /// A file of samples whose format is not known.
    format(path) { en: "`{path}` is no file of samples that is read here", zh: "`{path}` 不是这里能读取的样本文件" }
    /// What is read.
    format_hint() {
        en: "give .npy, .f32, .jsonl or an IDX file that is not compressed; `proofmark predict` reads PNG, JPEG and .gz",
        zh: "请给出 .npy、.f32、.jsonl 或未压缩的 IDX 文件；PNG、JPEG 与 .gz 请用 `proofmark predict`",
    }
    /// A header that cannot be understood.
    header(path) { en: "the header of `{path}` is damaged", zh: "`{path}` 的文件头已损坏" }
    /// Elements of another type.
    npy_type(path, received) {
        en: "`{path}` holds `{received}`; `<f4` and `|u1` in C order are read",
        zh: "`{path}` 的元素为 `{received}`；只能读取按 C 顺序排列的 `<f4` 与 `|u1`",
    }
    /// How to convert it.
    npy_type_hint() {
        en: "in NumPy: `numpy.save(path, numpy.ascontiguousarray(x, dtype='float32'))`",
        zh: "在 NumPy 中：`numpy.save(path, numpy.ascontiguousarray(x, dtype='float32'))`",
    }
    /// Samples of another shape.
    shape(path, expected, received) {
        en: "`{path}` holds samples of shape {received}; the model reads {expected}",
        zh: "`{path}` 中样本的形状为 {received}，模型读取的是 {expected}",
    }
    /// Images that a step of the training's would have resized.
    shape_hint_prepared() {
        en: "the training resized its images or made them grey; do that first, or use `proofmark predict`",
        zh: "训练时图像经过了缩放或灰度化，请先完成这些处理，或使用 `proofmark predict`",
    }
    /// Fewer bytes than samples need.
    length(path, expected) {
        en: "`{path}` ends within a sample, which has {expected} bytes",
        zh: "`{path}` 在一个样本的中途结束，每个样本为 {expected} 字节",
    }
    /// A line that is no array of numbers.
    json(path, line, cause) { en: "`{path}`, line {line}: {cause}", zh: "`{path}` 第 {line} 行：{cause}" }
    /// A line with another number of numbers.
    json_length(path, line, expected, received) {
        en: "`{path}`, line {line}: {received} numbers; a sample has {expected}",
        zh: "`{path}` 第 {line} 行：有 {received} 个数，每个样本应为 {expected} 个",
    }
    /// How a line looks.
    json_hint() {
        en: "each line is one array of what the model reads, nested or flat, as `[0.0, 0.5, 1.0]`",
        zh: "每行为一个数组，即模型读取的数，可嵌套也可展平，例如 `[0.0, 0.5, 1.0]`",
    }
    /// The latency's limit.
    latency_exceeded(p99, limit) {
        en: "one answer in a hundred takes {p99} µs or longer; the limit is {limit} µs",
        zh: "百次回答中有一次需要 {p99} µs 或更久，限制为 {limit} µs",
    }
    /// The memory's limit.
    memory_exceeded(peak, limit) {
        en: "the process took {peak} of memory; the limit is {limit}",
        zh: "进程占用了 {peak} 内存，限制为 {limit}",
    }
    /// The memory's limit, before anything is allocated.
    memory_planned(cause, limit) {
        en: "the model does not fit into {limit}: {cause}",
        zh: "模型无法放入 {limit}：{cause}",
    }
}
