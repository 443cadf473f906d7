crate::phrases! {
    // Between the items of a list.
    separator() { en: ", ", zh: "、" }
    either() { en: " or ", zh: " 或 " }

    // What is wrong with files.
    folder_missing(path) { en: "there is no folder `{path}`", zh: "找不到文件夹 `{path}`" }
    hint_folder_missing() {
        en: "a folder in a spec is relative to the folder of the spec file",
        zh: "规格文件里的文件夹路径是相对于该文件所在文件夹的",
    }
    file_missing(folder, expected) {
        en: "the folder `{folder}` holds none of the files {expected}",
        zh: "文件夹 `{folder}` 里没有以下任何一个文件：{expected}",
    }
    hint_file_missing() {
        en: "IDX files keep the names that MNIST gave them; plain and gzipped files both work",
        zh: "IDX 文件沿用 MNIST 的文件名，压缩（.gz）或未压缩的都可以",
    }
    reading_failed(path, error) { en: "cannot read `{path}`: {error}", zh: "无法读取 `{path}`：{error}" }
    file_is(path, problem) { en: "`{path}`: {problem}", zh: "`{path}`：{problem}" }
    idx_io(error) { en: "cannot be read: {error}", zh: "无法读取：{error}" }
    gzip_truncated(received) {
        en: "the gzip data end too early, after `{received}` uncompressed bytes",
        zh: "gzip 数据不完整，解压出 `{received}` 字节后就中断了",
    }
    gzip_damaged(error) { en: "the gzip data are damaged: {error}", zh: "gzip 数据已损坏：{error}" }
    hint_fetch_again() { en: "the file was probably not copied completely; fetch it again", zh: "文件很可能没有下载完整，请重新获取" }
    idx_header_truncated(expected, received) {
        en: "an IDX header needs `{expected}` bytes, the file has `{received}`",
        zh: "IDX 文件头需要 `{expected}` 字节，而文件只有 `{received}` 字节",
    }
    idx_magic(received) {
        en: "not an IDX file: expected the first bytes `0000 08 ..`, received `{received}`",
        zh: "不是 IDX 文件：开头应为 `0000 08 ..`，实际为 `{received}`",
    }
    hint_idx_magic() {
        en: "a page that a server sent instead of the file often looks like this; open it in an editor",
        zh: "常见原因是服务器返回了网页而不是文件，可以用编辑器打开看看",
    }
    idx_element_type(received) {
        en: "expected elements of type `08` (unsigned bytes), received type `{received}`",
        zh: "元素类型应为 `08`（无符号字节），实际为 `{received}`",
    }
    idx_axes(expected, received) {
        en: "expected {expected} axes, received `{received}`",
        zh: "轴数应为 {expected}，实际为 `{received}`",
    }
    hint_idx_axes() {
        en: "images have 3 axes (or 4 with channels), labels have 1; are two files exchanged?",
        zh: "图像有 3 个轴（带通道时为 4 个），标签只有 1 个；是否把两个文件弄混了？",
    }
    idx_too_large(extents) {
        en: "the extents `{extents}` need more memory than a data set may take",
        zh: "尺寸 `{extents}` 所需的内存超出了数据集的上限",
    }
    idx_extents(extents) {
        en: "the extents `{extents}` are not those of images: height and width must be at least 1, channels 1 or 3",
        zh: "尺寸 `{extents}` 不是图像的尺寸：高和宽至少为 1，通道数须为 1 或 3",
    }
    idx_data_truncated(expected, received) {
        en: "the header announces `{expected}` bytes of data, the file has `{received}`",
        zh: "文件头声明有 `{expected}` 字节数据，实际只有 `{received}` 字节",
    }
    idx_trailing_bytes(expected) {
        en: "the file goes on after the `{expected}` bytes that its header announces",
        zh: "文件在文件头声明的 `{expected}` 字节之后还有多余内容",
    }
    count_mismatch(images_path, images, labels_path, labels) {
        en: "`{images_path}` holds `{images}` images, but `{labels_path}` holds `{labels}` labels",
        zh: "`{images_path}` 有 `{images}` 张图像，而 `{labels_path}` 有 `{labels}` 个标签",
    }
    hint_count_mismatch() {
        en: "the two files must come from the same set, and from the same part of it",
        zh: "两个文件必须来自同一数据集的同一部分",
    }
    part_shape_mismatch(part, expected, received) {
        en: "images of the part `{part}` have the shape `{received}`, those of the train part `{expected}`",
        zh: "部分 `{part}` 的图像形状为 `{received}`，而训练部分为 `{expected}`",
    }
    hint_part_shape() { en: "all parts of a source need images of one shape", zh: "同一数据源各部分的图像形状必须一致" }
    pixel_count(path, expected, received) {
        en: "`{path}`: the labels ask for `{expected}` bytes of images, there are `{received}`",
        zh: "`{path}`：按标签数应有 `{expected}` 字节图像数据，实际有 `{received}` 字节",
    }
    empty_set(path) { en: "`{path}` holds no images", zh: "`{path}` 中没有任何图像" }
    set_too_large(path, bytes, limit) {
        en: "the images of `{path}` need `{bytes}` bytes of memory, the limit is `{limit}`",
        zh: "`{path}` 的图像需要 `{bytes}` 字节内存，上限为 `{limit}`",
    }
    no_class_folders(path) { en: "`{path}` holds no folder of images", zh: "`{path}` 中没有存放图像的子文件夹" }
    hint_no_class_folders() {
        en: "put the images of each class into a sub-folder named after it",
        zh: "请把每个类别的图像放进以该类别命名的子文件夹",
    }
    too_many_classes(path, received, limit) {
        en: "`{path}` holds `{received}` class folders, at most `{limit}` can be told apart",
        zh: "`{path}` 中有 `{received}` 个类别文件夹，最多支持 `{limit}` 个",
    }
    unexpected_folder(path) {
        en: "`{path}` is a folder inside a class folder, where only images belong",
        zh: "`{path}` 是类别文件夹里的文件夹，而那里只应有图像",
    }
    hint_unexpected_folder() {
        en: "with parts, the layout is train/CLASS/IMAGE and test/CLASS/IMAGE; without, CLASS/IMAGE",
        zh: "分部分时目录结构为 train/类别/图像 与 test/类别/图像，不分时为 类别/图像",
    }
    not_a_file(path) { en: "`{path}` is not a regular file", zh: "`{path}` 不是普通文件" }
    hint_not_a_file() { en: "remove it, or put the image itself there", zh: "请将其移除，或换成图像文件本身" }
    name_not_utf8(path) { en: "the name of `{path}` is not valid UTF-8", zh: "`{path}` 的名称不是有效的 UTF-8" }
    image_format_unknown(first_bytes) {
        en: "expected a PNG or JPEG image, received a file that begins with the bytes `{first_bytes}`",
        zh: "应为 PNG 或 JPEG 图像，实际文件以字节 `{first_bytes}` 开头",
    }
    image_file_is_empty() { en: "expected a PNG or JPEG image, received an empty file", zh: "应为 PNG 或 JPEG 图像，实际是空文件" }
    png_damaged(error) { en: "the PNG image cannot be decoded: {error}", zh: "PNG 图像无法解码：{error}" }
    jpeg_damaged(error) { en: "the JPEG image cannot be decoded: {error}", zh: "JPEG 图像无法解码：{error}" }
    image_too_large(height, width, limit) {
        en: "the image has `{height}` × `{width}` pixels, at most `{limit}` are decoded",
        zh: "图像为 `{height}` × `{width}` 像素，最多解码 `{limit}` 像素",
    }
    hint_not_an_image() {
        en: "move the file out of the folder, or replace it; names that begin with a dot are passed over",
        zh: "请把该文件移出文件夹或替换它；以点开头的文件会被忽略",
    }
    feature_shape(path, expected, received) {
        en: "the images of `{path}` have the shape `{received}`, the model was trained on `{expected}`",
        zh: "`{path}` 的图像形状为 `{received}`，而模型训练时为 `{expected}`",
    }

    // What is wrong with splits and labels.
    unknown_part(part, available) {
        en: "the source has no part `{part}`; it has {available}",
        zh: "数据源没有 `{part}` 这一部分；现有 {available}",
    }
    hint_unknown_part() {
        en: "without a test part, cut a share off train: `split: {{ test: 0.15 }}`",
        zh: "没有测试部分时，可从训练部分划出一份：`split: {{ test: 0.15 }}`",
    }
    empty_split(split) { en: "no rows are left for `{split}`", zh: "`{split}` 一行数据也没有" }
    hint_empty_split() {
        en: "lower the shares under `data.split`, or add data; rows without a label are not tested on",
        zh: "请减小 `data.split` 中的比例或增加数据；没有标签的行不用于测试",
    }
    class_without_train_rows(train_rows, class, of) {
        en: "of `{train_rows}` rows that train, none is of the class `{class}`, which has `{of}`",
        zh: "`{train_rows}` 行训练数据中没有一行属于类别 `{class}`，而该类别共有 `{of}` 行",
    }
    hint_class_without_train_rows() {
        en: "raise `data.split.train_rows`: every class gets its share of them, and a rare class needs more rows for one",
        zh: "请增大 `data.split.train_rows`：各类别按比例分配，稀有类别需要更大的总数才能分到一行",
    }
    too_few_rows_for_folds(folds, needed, received) {
        en: "`{folds}` folds need at least `{needed}` rows that train, there are `{received}`",
        zh: "`{folds}` 折至少需要 `{needed}` 行训练数据，实际只有 `{received}` 行",
    }
    too_few_groups_for_folds(folds, needed, received) {
        en: "`{folds}` grouped folds need at least `{needed}` groups, there are `{received}`",
        zh: "按组划分 `{folds}` 折至少需要 `{needed}` 个组，实际只有 `{received}` 个",
    }
    hint_too_few_for_folds() { en: "ask for fewer folds, or add data", zh: "请减少折数，或增加数据" }
    class_smaller_than_folds(class, rows, folds) {
        en: "the class `{class}` has `{rows}` rows that train, fewer than the `{folds}` folds that each need one",
        zh: "类别 `{class}` 只有 `{rows}` 行训练数据，少于 `{folds}` 折（每折至少一行）",
    }
    hint_class_smaller_than_folds() {
        en: "ask for fewer folds, add rows of the class, or take `kind: plain`, which leaves classes to chance",
        zh: "请减少折数、为该类别补充数据，或改用不考虑类别的 `kind: plain`",
    }
    groups_by_nothing() {
        en: "`cross_validation`: grouped folds need `by`, which says what a group has in common",
        zh: "`cross_validation`：按组划分时需要用 `by` 说明同组数据的共同点",
    }
    hint_groups_by_nothing() {
        en: "for example `by: {{ file_prefix: \"_\" }}`: what stands in a file's name before the first `_`",
        zh: "例如 `by: {{ file_prefix: \"_\" }}`，即文件名中第一个 `_` 之前的部分",
    }
    groups_unused(kind) {
        en: "`cross_validation.by`: folds of the kind `{kind}` have no groups",
        zh: "`cross_validation.by`：`{kind}` 类型的划分不使用分组",
    }
    hint_groups_unused() { en: "write `kind: grouped`, or leave `by` out", zh: "请写 `kind: grouped`，或去掉 `by`" }
    no_file_names() {
        en: "`cross_validation.by`: the rows of IDX files have no file names, and no other column to group them by",
        zh: "`cross_validation.by`：IDX 文件中的行没有各自的文件名，也没有其他可用于分组的列",
    }
    hint_no_file_names() {
        en: "store the images as files in class folders (source `images`), with the group first in their names",
        zh: "请把图像存为按类别分文件夹的文件（数据源 `images`），并把组名放在文件名开头",
    }
    selected_and_augmented(key) {
        en: "`{key}`: `select_pixels` keeps places, and `augment` moves what stands there",
        zh: "`{key}`：`select_pixels` 按位置保留像素，而 `augment` 会移动图像内容，两者不能同时使用",
    }
    hint_selected_and_augmented() { en: "leave one of the two out", zh: "请去掉其中之一" }
    one_class(class) {
        en: "all labelled rows are of one class, `{class}`; a classifier needs at least `2`",
        zh: "所有带标签的行都属于同一类别 `{class}`，分类至少需要 `2` 个类别",
    }
    no_class() { en: "no row has a label; a classifier needs at least `2` classes", zh: "没有任何一行带标签，分类至少需要 `2` 个类别" }
    hint_one_class() {
        en: "check the labels; for a folder of images, each class needs a sub-folder with images",
        zh: "请检查标签；若是图像文件夹，每个类别都需要一个有图像的子文件夹",
    }
    unknown_test_class(row, part, class) {
        en: "row {row} of `{part}` has the class `{class}`, which no row of train has",
        zh: "`{part}` 第 {row} 行的类别是 `{class}`，而训练数据中没有这个类别",
    }
    hint_unknown_test_class() {
        en: "correct its label (rows count from 0), or add rows of this class to train",
        zh: "请更正该行的标签（行号从 0 起），或在训练数据中加入该类别的行",
    }
    labels_missing(rows, split) {
        en: "`{rows}` rows of `{split}` have no label, and the rules let them pass",
        zh: "`{split}` 中有 `{rows}` 行没有标签，而规则放行了它们",
    }
    hint_labels_missing(target) {
        en: "add the rule `source.{target}.missing == 0` and the operator `drop_missing`, so that dropping them is recorded",
        zh: "请加上规则 `source.{target}.missing == 0` 和操作 `drop_missing`，这样删除会留下记录",
    }

    // What is wrong with the spec.
    rule_unreadable(number, problem) { en: "rule `{number}`: {problem}", zh: "规则 `{number}`：{problem}" }
    out_of_range(key, low, high, received) {
        en: "`{key}`: expected `{low}` to `{high}`, received `{received}`",
        zh: "`{key}`：应在 `{low}` 到 `{high}` 之间，实际为 `{received}`",
    }
    not_above_zero(key, high, received) {
        en: "`{key}`: expected above `0` and at most `{high}`, received `{received}`",
        zh: "`{key}`：应大于 `0` 且不超过 `{high}`，实际为 `{received}`",
    }
    feature_count(received) {
        en: "`data.features`: expected `1` feature, received `{received}`",
        zh: "`data.features`：应有 `1` 个特征，实际有 `{received}` 个",
    }
    empty_name(key) { en: "`{key}`: a column needs a name", zh: "`{key}`：列需要有名称" }
    same_column(key, name) {
        en: "`{key}`: `{name}` is the name of a feature already",
        zh: "`{key}`：`{name}` 已经是某个特征的名称",
    }
    same_part(key, part) {
        en: "`{key}`: the part `{part}` is trained on, it cannot be tested on too",
        zh: "`{key}`：`{part}` 已用于训练，不能同时用于测试",
    }
    hint_same_part() {
        en: "write a share instead of a name to cut the test rows off train",
        zh: "把名称改写为比例，即可从训练部分划出测试数据",
    }
    no_held_out(key) { en: "`{key}`: expected at least one class", zh: "`{key}`：至少需要一个类别" }
    held_out_share() {
        en: "`data.split.test`: a share is cut off by rows, and `held_out_classes` holds out whole classes",
        zh: "`data.split.test`：比例按行划分，而 `held_out_classes` 留出整个类别",
    }
    hint_held_out_share() {
        en: "write the name of a part: with that of the train part, all rows of the held-out classes are tested on",
        zh: "请写部分的名称；若写训练部分的名称，则留出类别的所有行都用于测试",
    }
    held_out_twice(key, class) {
        en: "`{key}`: the class `{class}` is held out twice",
        zh: "`{key}`：类别 `{class}` 被留出了两次",
    }
    held_out_unknown(class, classes) {
        en: "`data.split.held_out_classes`: the source has no class `{class}`; it has {classes}",
        zh: "`data.split.held_out_classes`：数据源没有类别 `{class}`；现有 {classes}",
    }
    held_out_without_rows(class, part) {
        en: "the part `{part}` has no row of the class `{class}`, which is held out for it",
        zh: "`{part}` 中没有为其留出的类别 `{class}` 的行",
    }
    step_twice(key, step) { en: "`{key}`: `{step}` stands twice", zh: "`{key}`：`{step}` 出现了两次" }
    step_order(key, step, after) {
        en: "`{key}`: `{step}` cannot follow `{after}`",
        zh: "`{key}`：`{step}` 不能放在 `{after}` 之后",
    }
    hint_step_order() {
        en: "each step once: first `grayscale` and `resize`, then `scale_pixels`, then `standardize`; `select_pixels` last",
        zh: "每一步只出现一次：先 `grayscale` 和 `resize`，再 `scale_pixels`，然后 `standardize`，最后 `select_pixels`",
    }
    step_channels(key, step, expected, received) {
        en: "`{key}`: `{step}` needs images with `{expected}` channels, these have `{received}`",
        zh: "`{key}`：`{step}` 需要 `{expected}` 个通道的图像，实际为 `{received}` 个",
    }

    augment_count(key, limit, received) {
        en: "`{key}`: expected at most `{limit}` operators, received `{received}`",
        zh: "`{key}`：最多 `{limit}` 个操作，实际为 `{received}` 个",
    }
    augment_size(key, limit, height, width, received) {
        en: "`{key}`: expected at most `{limit}` for images of `{height}` × `{width}` pixels, received `{received}`",
        zh: "`{key}`：对 `{height}` × `{width}` 像素的图像最多为 `{limit}`，实际为 `{received}`",
    }

    // Why the cleaning loop ended.
    stopped_met() { en: "all rules hold", zh: "所有规则均已满足" }
    stopped_no_change() {
        en: "a rule does not hold, and no listed operator changes that",
        zh: "有规则未满足，而列出的操作都无法改善",
    }
    hint_stopped_no_change() {
        en: "list an operator under `quality.clean.operators` that helps this rule, mend the data, or relax the rule",
        zh: "请在 `quality.clean.operators` 中列出能改善该规则的操作，或修正数据，或放宽规则",
    }
    stopped_rounds(max_rounds) {
        en: "a rule still does not hold after `{max_rounds}` rounds of cleaning",
        zh: "清洗 `{max_rounds}` 轮后仍有规则未满足",
    }
    hint_stopped_rounds() {
        en: "raise `quality.clean.max_rounds` if every round brought the rule nearer",
        zh: "如果每一轮都更接近规则，可提高 `quality.clean.max_rounds`",
    }
    stopped_too_much(dropped, of, max_dropped) {
        en: "cleaning would drop `{dropped}` of `{of}` rows, more than the allowed share of `{max_dropped}`",
        zh: "清洗会从 `{of}` 行中删去 `{dropped}` 行，超过允许的比例 `{max_dropped}`",
    }
    stopped_too_much_of_class(dropped, of, class, max_dropped) {
        en: "cleaning would drop `{dropped}` of `{of}` rows of class `{class}`, more than the allowed share of `{max_dropped}`",
        zh: "清洗会从类别 `{class}` 的 `{of}` 行中删去 `{dropped}` 行，超过允许的比例 `{max_dropped}`",
    }
    hint_stopped_too_much() {
        en: "so many faults are better mended at their source; `quality.clean.max_dropped` is the limit",
        zh: "问题这么多，最好从源头修正数据；上限由 `quality.clean.max_dropped` 设定",
    }

    // What is being done.
    stage_read() { en: "reading", zh: "读取" }
    stage_measure() { en: "measuring images", zh: "测量图像" }
    stage_profile() { en: "profiling", zh: "统计概况" }
    stage_clean() { en: "cleaning", zh: "清洗" }

    // What rules can read.
    fact_rows() { en: "number of rows", zh: "行数" }
    fact_missing() { en: "share of rows without a label, 0 to 1", zh: "没有标签的行所占比例，0 到 1" }
    fact_classes() { en: "number of classes that have rows", zh: "有数据的类别数" }
    fact_min_share() { en: "share of the smallest class among labelled rows, 0 to 1", zh: "最小类别在带标签行中的比例，0 到 1" }
    fact_max_share() { en: "share of the greatest class among labelled rows, 0 to 1", zh: "最大类别在带标签行中的比例，0 到 1" }
    fact_duplicates() {
        en: "share of rows whose image an earlier row has too, 0 to 1",
        zh: "图像与前面某行完全相同的行所占比例，0 到 1",
    }
    fact_leaked() {
        en: "share of rows whose image stands in the test split too, 0 to 1",
        zh: "图像也出现在测试集中的行所占比例，0 到 1",
    }
    fact_constant() { en: "share of images of one colour, 0 to 1", zh: "单一颜色图像所占比例，0 到 1" }
    fact_rough() {
        en: "share of images far rougher than train's (noise, torn lines), 0 to 1",
        zh: "远比训练集粗糙（噪声、错行）的图像所占比例，0 到 1",
    }
    fact_height() { en: "height in pixels", zh: "高度（像素）" }
    fact_width() { en: "width in pixels", zh: "宽度（像素）" }
    fact_channels() { en: "channels: 1 for grey, 3 for colour", zh: "通道数：灰度为 1，彩色为 3" }
    fact_min() { en: "smallest value", zh: "最小值" }
    fact_max() { en: "greatest value", zh: "最大值" }
    fact_mean() { en: "mean of all values", zh: "所有值的均值" }
    fact_std() { en: "standard deviation of all values", zh: "所有值的标准差" }
}
