// Looking through somebody's folder of images, and the comments of the spec that is drafted from it. A comment is one or two whole
// sentences.
crate::phrases! {
    comma() { en: ", ", zh: "、" }
    then() { en: "; ", zh: "；" }
    and_more(listed, more) { en: "{listed}; and {more} more", zh: "{listed}；另有 {more} 个" }

    // What can be wrong with the folder
    not_there(path) { en: "there is no folder `{path}`", zh: "文件夹 `{path}` 不存在" }
    hint_not_there() { en: "give the folder of the images; relative paths start from the current folder", zh: "请给出图像所在的文件夹；相对路径以当前文件夹为起点" }
    not_a_folder(path) { en: "`{path}` is a file, expected a folder of images", zh: "`{path}` 是文件，应为存放图像的文件夹" }
    empty_folder(path) { en: "the folder `{path}` is empty", zh: "文件夹 `{path}` 是空的" }
    no_class_folders(path) { en: "the folder `{path}` has no sub-folders, so that nothing says which class an image belongs to", zh: "文件夹 `{path}` 没有子文件夹，无从得知图像属于哪个类别" }
    hint_layout() {
        en: "give a folder with one sub-folder per class (`cats/`, `dogs/`), or with `train/` and `test/` that hold those, or with IDX files named as MNIST's are",
        zh: "请给出这样的文件夹：每个类别一个子文件夹（`cats/`、`dogs/`），或含有 `train/` 与 `test/`、其下再按类别分文件夹，或含有按 MNIST 命名的 IDX 文件",
    }
    no_images(path) { en: "the folder `{path}` holds no PNG, JPEG or IDX images that can be read", zh: "文件夹 `{path}` 中没有可读取的 PNG、JPEG 或 IDX 图像" }
    hint_no_images() { en: "images are PNG or JPEG files directly in the folder of their class", zh: "图像应为 PNG 或 JPEG 文件，直接放在所属类别的文件夹中" }
    one_class(path, class) { en: "the images of `{path}` are all of one class, `{class}`", zh: "`{path}` 中的图像都属于同一类别 `{class}`" }
    hint_one_class() { en: "a classifier tells at least two classes apart: add a folder of images that show something else", zh: "分类器至少要区分两个类别：请再添加一个文件夹，放入其他内容的图像" }
    empty_class(path, class) { en: "the class `{class}` of `{path}` has no image to learn from", zh: "`{path}` 的类别 `{class}` 没有可供学习的图像" }
    hint_empty_class() { en: "put images of this class into its folder, or remove the folder", zh: "请在该类别的文件夹中放入图像，或删除该文件夹" }
    too_few(path, received, least) { en: "`{path}` has {received} images, expected at least {least}", zh: "`{path}` 只有 {received} 幅图像，至少需要 {least} 幅" }
    hint_too_few() { en: "with fewer, hardly any are left to test on, and no accuracy means anything", zh: "图像再少，就几乎没有可用于测试的图像，准确率也失去意义" }
    too_many_unreadable(unreadable, files, path, listed) {
        en: "{unreadable} of {files} files of `{path}` cannot be read as images: {listed}",
        zh: "`{path}` 的 {files} 个文件中有 {unreadable} 个无法作为图像读取：{listed}",
    }
    hint_too_many_unreadable() { en: "a few would be passed over; convert these to PNG or JPEG, or move them elsewhere", zh: "只有少数几个时会跳过；请将它们转换为 PNG 或 JPEG，或移到别处" }
    unreadable(file, error) { en: "`{file}`: {error}", zh: "`{file}`：{error}" }
    passed_over(unreadable) { en: "{unreadable}; the spec passes it over", zh: "{unreadable}；规格已将其排除" }
    excluded_missing(file, folder) { en: "the spec excludes `{file}`, which is not in `{folder}`", zh: "规格排除了 `{file}`，但 `{folder}` 中没有该文件" }
    hint_excluded_missing() { en: "remove the line if the file is gone; paths start from the source's folder, with `/` between the names", zh: "如果文件已不存在，请删除这一行；路径以数据源的文件夹为起点，各级名称之间用 `/` 分隔" }

    target_among_images(path, images) { en: "`{path}` lies within the images of `{images}`, and would be read as a class of them", zh: "`{path}` 位于图像文件夹 `{images}` 之内，会被当作其中一个类别" }
    hint_target_among_images() { en: "write the spec beside the class folders or outside of the folder", zh: "请把规格写在类别文件夹旁边，或图像文件夹之外" }
    images_changed(path) { en: "the images of `{path}` changed while they were measured", zh: "测量期间，`{path}` 中的图像发生了变化" }
    hint_images_changed() { en: "try again when nobody writes to the folder", zh: "请在没有程序写入该文件夹时重试" }

    // The drafted spec, from the top
    head(images, classes, listed) {
        en: "Drafted by `proofmark new --from` from {images} images of {classes} classes: {listed}.",
        zh: "由 `proofmark new --from` 起草，依据 {classes} 个类别的 {images} 幅图像：{listed}。",
    }
    class_rows(class, rows) { en: "{class} ({rows})", zh: "{class}（{rows}）" }
    more_classes(more) { en: "and {more} more", zh: "以及另外 {more} 个" }
    head_check() { en: "what would run; trains nothing", zh: "查看将要运行的内容，不训练" }
    head_run() { en: "from data to verdict", zh: "从数据到结论" }
    head_advise() { en: "measures a learning rate and a batch size", zh: "实测学习率和批大小" }
    head_numbers() {
        en: "Every number below is a proposal for a first run, and the line above it says what it was taken from. Change what you know better.",
        zh: "以下每个数字都是首次运行的建议值，其上一行说明依据。您更了解的，请自行修改。",
    }
    seed() {
        en: "Decides everything random: which rows validate, the first weights, the order of the images, augmentation, dropout. The same seed gives the same model, byte for byte.",
        zh: "决定一切随机因素：验证集的选取、初始权重、图像顺序、数据增强和随机失活。种子相同，模型逐字节相同。",
    }
    source_idx() { en: "IDX files named as MNIST's are. Paths start from the folder of this file.", zh: "按 MNIST 命名的 IDX 文件。路径以本文件所在文件夹为起点。" }
    source_images() { en: "PNG and JPEG files, one folder per class. Paths start from the folder of this file.", zh: "PNG 和 JPEG 文件，每个类别一个文件夹。路径以本文件所在文件夹为起点。" }
    one_size(height, width) { en: "All images are {height} x {width} pixels (height x width).", zh: "所有图像均为 {height} x {width} 像素（高 x 宽）。" }
    many_sizes(sizes, least, most, height, width, images) {
        en: "The images have {sizes} sizes (height x width), from {least} to {most}; {images} are {height} x {width}, the most frequent one. All are brought to one size; their proportions are not kept.",
        zh: "图像共有 {sizes} 种尺寸（高 x 宽），从 {least} 到 {most}；其中 {height} x {width} 最多，有 {images} 幅。所有图像都缩放到同一尺寸，不保持宽高比。",
    }
    limited_size(side) {
        en: "Reduced so that the longer side has {side} pixels: enough for a first run, and each halving makes an epoch four times faster. Raise it if details matter.",
        zh: "已缩小到较长边为 {side} 像素：首次运行足够，边长每减半，每轮训练约快四倍。如果细节重要，请调大。",
    }
    grey() { en: "No image shows colour: one channel rather than three.", zh: "没有彩色图像：用一个通道，而不是三个。" }
    colour(images) { en: "{images} images show colour: three channels.", zh: "有 {images} 幅彩色图像：用三个通道。" }
    exclude(files) {
        en: "Files that cannot be read as images ({files}), each with the reason. Nothing is passed over that is not listed here; mend a file and remove its line.",
        zh: "无法作为图像读取的文件（{files} 个），行末注明原因。除此处列出的以外，不会跳过任何文件；修复后请删除对应的行。",
    }
    split_parts(train, validation, share, test) {
        en: "{train} images to learn from; {share} % of the folder `train`, {validation} images, choose the best epoch; the {test} of the folder `test` choose nothing and are looked at once, at the end.",
        zh: "{train} 幅用于学习；`train` 文件夹的 {share} %（{validation} 幅）用于挑选最佳轮次；`test` 文件夹的 {test} 幅不参与任何选择，只在最后读取一次。",
    }
    split_shares(train, validation, share, test) {
        en: "{train} images to learn from; {validation} choose the best epoch. {share} % are cut off as a test set, {test} images: they choose nothing and are looked at once, at the end. Both are drawn within each class. If several images show the same object, put them into `train` and `test` folders yourself, or the test is too easy.",
        zh: "{train} 幅用于学习，{validation} 幅用于挑选最佳轮次。划出 {share} % 共 {test} 幅作为测试集，不参与任何选择，只在最后读取一次。两者都在每个类别内抽取。如果多幅图像拍的是同一物体，请自行分入 `train` 与 `test` 文件夹，否则测试会过于容易。",
    }
    folders_passed_over(names) { en: "Not read: {names}. Validation is cut from `train`.", zh: "未读取：{names}。验证集从 `train` 中划出。" }
    preprocess() { en: "Pixels are brought from 0..255 to 0..1.", zh: "像素值从 0..255 缩放到 0..1。" }
    augment(rows) {
        en: "{rows} images are not many: each is turned, moved and scaled a little whenever it is seen, so that the network meets more of them. Not mirrored, since letters, digits and left or right hands change their meaning; add `flip` where a mirror image means the same.",
        zh: "{rows} 幅图像不算多：每次使用时都略作旋转、平移和缩放，让网络见到更多变化。没有做镜像，因为字母、数字、左右手镜像后含义会变；如果镜像不改变含义，请加上 `flip`。",
    }
    quality() {
        en: "The gate: nothing is trained before these rules hold. They hold now, or after the cleaning below; their use is to stop a later delivery of data that is not like this one.",
        zh: "关卡：这些规则全部满足之前不会训练。它们现在就满足，或在下面的清洗之后满足；其作用是拦住以后与此不同的数据。",
    }
    why_rows(rows) { en: "There are {rows} rows to train and validate on; a tenth fewer would be worth a question.", zh: "现有 {rows} 行用于训练和验证；少了十分之一就值得一问。" }
    why_no_missing() { en: "Every image has its label.", zh: "每幅图像都有标签。" }
    why_missing(rows) { en: "{rows} rows have no label; `drop_missing` takes them out.", zh: "有 {rows} 行没有标签，由 `drop_missing` 去掉。" }
    why_classes() { en: "The network has one output for each class.", zh: "网络的每个输出对应一个类别。" }
    why_min_share(share) { en: "The rarest class has {share} % of the rows; half of that is allowed.", zh: "最少的类别占 {share} % 的行；允许降到一半。" }
    why_no_duplicates() { en: "No image stands twice. A few copies do no harm, many make the figures too good.", zh: "没有重复的图像。少量重复无妨，过多会使结果虚高。" }
    why_duplicates(rows) { en: "{rows} rows are copies of another. A few do no harm; where there are more, `drop_duplicates` leaves one of each.", zh: "有 {rows} 行是其他行的副本。少量无妨；更多时由 `drop_duplicates` 每组只留一个。" }
    why_no_leaked() { en: "No image stands in the test set too: a model would be praised for its memory.", zh: "没有图像同时出现在测试集中，否则模型只是因记忆而得分。" }
    why_leaked(rows) { en: "{rows} images stand in the test set too, where a model would be praised for its memory; `drop_duplicates` takes them out of training.", zh: "有 {rows} 幅图像同时出现在测试集中，会让模型因记忆而得分；由 `drop_duplicates` 从训练数据中去掉。" }
    why_no_constant() { en: "No image is of one colour, as a lens cap or a failed export makes it.", zh: "没有单色图像；镜头盖未取下或导出失败时会出现。" }
    why_constant(rows) { en: "{rows} images are of one colour, as a lens cap or a failed export makes it; `drop_constant_images` takes them out.", zh: "有 {rows} 幅图像是单色的，像是镜头盖未取下或导出失败，由 `drop_constant_images` 去掉。" }
    why_tolerated(rows, share) {
        en: "{rows} rows, more than {share} % of a class: too many to drop without asking. They are let through as they are; look at them.",
        zh: "有 {rows} 行，超过某个类别的 {share} %，不宜擅自去掉，因此原样放行；请查看这些图像。",
    }
    why_rough(share) { en: "{share} % are far rougher than the others, as noise and torn lines make them; half as many again are allowed.", zh: "{share} % 的图像比其他图像粗糙得多，像是有噪声或断行；允许再多一半。" }
    why_no_rough() { en: "No image is far rougher than the others, as noise and torn lines make it; a few would be let through.", zh: "没有比其他图像粗糙得多的图像（像是有噪声或断行）；出现少量时放行。" }
    why_mean(mean) { en: "Pixels are {mean} of 255 on average; a quarter darker or brighter would be another camera, or inverted images.", zh: "像素平均值为 {mean}（最大 255）；暗或亮四分之一，可能是换了相机或图像反色。" }
    why_test_classes() { en: "The test set has images of every class.", zh: "测试集包含每个类别的图像。" }
    clean_nothing() { en: "Nothing has to be cleaned now. A later delivery may be mended, by at most 2 % of all rows and of each class.", zh: "目前无需清洗。以后的数据可以清洗，至多去掉全部行以及每个类别的 2 %。" }
    clean_dropped(dropped, rows) {
        en: "Cleaning drops {dropped} of {rows} rows now; the limit, of all rows and of each class, is a quarter above the most that it takes.",
        zh: "目前清洗会去掉 {rows} 行中的 {dropped} 行；上限（针对全部行和每个类别）比现在的最大值高四分之一。",
    }
    model(blocks, height, width, rows) {
        en: "{blocks} x convolution and pooling bring {height} x {width} pixels down to a few; the number of filters suits {rows} training images: more would learn them by heart.",
        zh: "{blocks} 组卷积与池化把 {height} x {width} 像素缩小到几个；滤波器数量与 {rows} 幅训练图像相称：再多就会死记硬背。",
    }
    model_dense(rows, units) {
        en: "The images are too small to convolve: one layer of {units} units, few enough for {rows} training images.",
        zh: "图像太小，无法做卷积：用一层 {units} 个单元，与 {rows} 幅训练图像相称。",
    }
    dropout() { en: "Half of the units are silent at each step, against learning by heart.", zh: "每一步随机关闭一半单元，防止死记硬背。" }
    classes_out() { en: "One probability for each class.", zh: "每个类别一个概率。" }
    epochs(rows, minutes, billions) {
        en: "How often all {rows} images are seen, at most: no more than {minutes} min on two cores that do {billions} billion operations a second together, a slow laptop.",
        zh: "全部 {rows} 幅图像最多使用的遍数：在合计每秒 {billions}0 亿次运算的双核机器（较慢的笔记本电脑）上不超过 {minutes} 分钟。",
    }
    batch_size(steps, rows) { en: "{steps} steps an epoch: small batches where {rows} images would otherwise give few steps.", zh: "每轮 {steps} 步：{rows} 幅图像若用大批次，步数就太少。" }
    learning_rate() { en: "The usual start for Adam; `proofmark advise` measures a better one on these images.", zh: "Adam 的常用起点；`proofmark advise` 可在这些图像上实测更合适的值。" }
    early_stopping(patience) { en: "Ends when validation has not become better for {patience} epochs; the best epoch is kept.", zh: "验证结果连续 {patience} 轮没有改善就停止，保留最佳轮次。" }
    evaluate() { en: "What is measured, each with its 95 % interval, and the accuracy of each class by itself.", zh: "测量的指标，各带 95% 置信区间，并单独给出每个类别的准确率。" }
    accept(class, share) { en: "Always saying `{class}`, the most frequent class, is right for {share} % of the images: a model has to be better than that.", zh: "总是回答最多的类别 `{class}`，就能答对 {share} % 的图像：模型必须好于此。" }
    accept_margin(margin) {
        en: "Even the lower end of the 95 % interval of its gain must be above {margin}, a fifth of the way to all right. Raise it when a first run has shown what can be reached.",
        zh: "其增益的 95% 置信区间下限也必须高于 {margin}，即通向全对之路的五分之一。首次运行显示可达到的水平后，请调高。",
    }
    accept_few(rows) {
        en: "Even the lower end of the 95 % interval of its gain must be above 0; with {rows} test images the interval is wide, so that no more is asked. Raise it when there are more.",
        zh: "其增益的 95% 置信区间下限也必须大于 0；测试图像只有 {rows} 幅，区间很宽，因此不作更高要求。图像增多后请调高。",
    }
}
