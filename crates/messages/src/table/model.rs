crate::phrases! {
    // A model and its layers.
    in_layer(layer, problem) { en: "layer `{layer}`: {problem}", zh: "层 `{layer}`：{problem}" }
    and_one_more(first) { en: "{first}, and one more problem", zh: "{first}，另有 1 处问题" }
    and_more(first, count) { en: "{first}, and {count} more problems", zh: "{first}，另有 {count} 处问题" }
    no_layers() { en: "the model has no layers", zh: "模型没有任何层" }
    no_layers_hint(example) {
        en: "list at least one under `layers`, for example `- {example}`",
        zh: "请在 `layers` 下至少列出一层，例如 `- {example}`",
    }
    too_many_layers(layers, limit) {
        en: "the model has {layers} layers, expected at most {limit}",
        zh: "模型有 {layers} 层，最多允许 {limit} 层",
    }
    empty_input(shape) {
        en: "the shape `{shape}` has no elements, expected at least one",
        zh: "形状 `{shape}` 不含任何元素，至少需要一个",
    }
    invalid_name(name) { en: "`{name}` cannot be the name of a layer", zh: "`{name}` 不能用作层的名称" }
    invalid_name_hint(limit) {
        en: "a name is made of 1 to {limit} letters `a` to `z`, digits, `_` and `-`",
        zh: "名称由 1 到 {limit} 个英文字母、数字、`_` 和 `-` 组成",
    }
    reserved_name(name) {
        en: "the name `{name}` means something else in a spec",
        zh: "名称 `{name}` 在规格中另有含义",
    }
    reserved_name_hint() { en: "give the layer another name", zh: "请为该层另取名称" }
    duplicate_name(name) { en: "the name `{name}` is already taken", zh: "名称 `{name}` 已被使用" }
    duplicate_name_hint(place) {
        en: "`{place}` has it; every layer needs a name of its own",
        zh: "`{place}` 已使用该名称；每一层的名称必须不同",
    }
    unknown_input(input) { en: "no layer above is called `{input}`", zh: "上方没有名为 `{input}` 的层" }
    unknown_input_hint() {
        en: "`inputs` takes the names of layers above, and `input` for the sample itself",
        zh: "`inputs` 填写上方各层的名称，`input` 表示样本本身",
    }
    nearest_hint(nearest) { en: "did you mean `{nearest}`?", zh: "是否想写 `{nearest}`？" }
    later_input(input) {
        en: "`{input}` is not above this layer, so it cannot be read here",
        zh: "`{input}` 不在该层上方，此处无法读取",
    }
    later_input_hint() {
        en: "a layer reads only layers above it; move one of the two",
        zh: "每一层只能读取其上方的层；请调整两者的顺序",
    }
    input_count_one(received) { en: "expected 1 input, received {received}", zh: "应有 1 个输入，实际为 {received} 个" }
    input_count_one_hint() {
        en: "join them first with `add` or `concatenate`",
        zh: "请先用 `add` 或 `concatenate` 合并",
    }
    input_count(minimum, maximum, received) {
        en: "expected {minimum} to {maximum} inputs, received {received}",
        zh: "应有 {minimum} 到 {maximum} 个输入，实际为 {received} 个",
    }
    input_count_hint(example) { en: "name them: `{example}`", zh: "请写明其名称：`{example}`" }
    shared_statistics(layer) {
        en: "`{layer}` keeps statistics of what it reads, so it cannot be shared",
        zh: "`{layer}` 会记录其输入的统计量，因此不能共享",
    }
    shared_statistics_hint() {
        en: "give each place a `batch_norm` of its own, or use `layer_norm`",
        zh: "请在每处各用一个 `batch_norm`，或改用 `layer_norm`",
    }
    shared_shape(parameter, expected, received) {
        en: "`{parameter}` has shape {expected}; what is read here asks for {received}",
        zh: "`{parameter}` 的形状为 {expected}，而此处的输入需要 {received}",
    }
    shared_shape_hint() {
        en: "a shared layer reads inputs of one shape; bring them to it first, or use a layer of its own here",
        zh: "共享的层在各处读取的输入形状必须相同；请先统一形状，或在此处使用单独的层",
    }
    never_read() { en: "no layer below reads it", zh: "下方没有任何层读取它" }
    never_read_hint() {
        en: "name it in the `inputs` of a layer below, or remove it",
        zh: "请在下方某层的 `inputs` 中写上它的名称，或删除它",
    }

    // Numbers and their ranges.
    out_of_range(parameter, value, range) {
        en: "`{parameter}` is `{value}`, expected {range}",
        zh: "`{parameter}` 为 `{value}`，应{range}",
    }
    rounded(parameter, value, rounded, range) {
        en: "`{parameter}` is `{value}`, which 32 bits round to `{rounded}`, expected {range}",
        zh: "`{parameter}` 为 `{value}`，以 32 位表示时舍入为 `{rounded}`，应{range}",
    }
    range_between(start, end) { en: "a number from `{start}` to `{end}`", zh: "在 `{start}` 到 `{end}` 之间（含两端）" }
    range_until(start, end) {
        en: "a number from `{start}` to below `{end}`",
        zh: "大于等于 `{start}` 且小于 `{end}`",
    }
    range_above_to(start, end) {
        en: "a number above `{start}` and at most `{end}`",
        zh: "大于 `{start}` 且小于等于 `{end}`",
    }
    range_inside(start, end) {
        en: "a number above `{start}` and below `{end}`",
        zh: "大于 `{start}` 且小于 `{end}`",
    }
    range_at_least(start) { en: "a number of at least `{start}`", zh: "大于等于 `{start}`" }
    range_above(start) { en: "a number above `{start}`", zh: "大于 `{start}`" }
    range_at_most(end) { en: "a number of at most `{end}`", zh: "小于等于 `{end}`" }
    range_below(end) { en: "a number below `{end}`", zh: "小于 `{end}`" }
    range_finite() { en: "a finite number", zh: "为有限数值" }
    exact_length(parameter, length, expected) {
        en: "`{parameter}` has {length} entries, expected {expected}",
        zh: "`{parameter}` 含 {length} 项，应为 {expected} 项",
    }
    length(parameter, length, minimum, maximum) {
        en: "`{parameter}` has {length} entries, expected {minimum} to {maximum}",
        zh: "`{parameter}` 含 {length} 项，应为 {minimum} 到 {maximum} 项",
    }

    // Shapes.
    no_image(received) {
        en: "it reads images of shape `[height, width, channels]`, received `{received}`",
        zh: "应读取形状为 `[高, 宽, 通道]` 的图像，实际收到 `{received}`",
    }
    no_image_hint() {
        en: "layers for images stand before `flatten` and global pooling",
        zh: "图像层应放在 `flatten` 和全局池化之前",
    }
    grey_image_hint(example) {
        en: "give the image a channel first: `- {example}`",
        zh: "请先为图像加上通道轴：`- {example}`",
    }
    no_sequence(received) {
        en: "it reads sequences of shape `[steps, channels]`, received `{received}`",
        zh: "应读取形状为 `[步数, 通道]` 的序列，实际收到 `{received}`",
    }
    one_channel_hint(example) {
        en: "give each step a channel first: `- {example}`",
        zh: "请先为每一步加上通道轴：`- {example}`",
    }
    image_as_sequence_hint(example) {
        en: "to read an image row by row, write `- {example}` first; layers for images are called `..2d`",
        zh: "要逐行读取图像，请先写 `- {example}`；图像层的名称以 `2d` 结尾",
    }
    no_axes(received) {
        en: "it works along the last axis, received the shape `{received}` without axes",
        zh: "该层沿最后一个轴计算，实际收到的形状 `{received}` 没有轴",
    }
    no_length(received) {
        en: "its second input is the length of the sequence, one number, received the shape `{received}`",
        zh: "该层的第二个输入应为序列长度（一个数），实际收到的形状为 `{received}`",
    }
    no_length_hint(layer) {
        en: "name a `{layer}` second in `inputs`, or leave the second input out if all sequences have the same length",
        zh: "请将 `inputs` 的第二项设为一个 `{layer}` 层；若所有序列长度相同，请去掉第二项",
    }
    no_tokens() {
        en: "it reads the numbers of another layer, which are no tokens",
        zh: "该层读取的是其他层的输出，而这些数值不是词元",
    }
    no_tokens_hint(example) {
        en: "make it the first layer, or set `{example}`",
        zh: "请将其设为第一层，或设置 `{example}`",
    }
    heads(heads, channels) {
        en: "`heads` of `{heads}` does not divide the {channels} channels of the input",
        zh: "输入的 {channels} 个通道无法按 `heads: {heads}` 均分",
    }
    heads_hint(example) {
        en: "take another number of heads, or say how wide each is: `{example}`",
        zh: "请更换头数，或指定每个头的宽度：`{example}`",
    }
    rotary_odd(key_dim) {
        en: "`rotary` turns pairs of numbers, and a head has {key_dim}",
        zh: "`rotary` 成对旋转数值，而每个头有 {key_dim} 个数",
    }
    rotary_odd_hint(example) {
        en: "make the heads even: `{example}`",
        zh: "请使每个头的宽度为偶数：`{example}`",
    }
    steps_of_values(received, expected) {
        en: "its values have {received} steps, its keys {expected}",
        zh: "值有 {received} 步，而键有 {expected} 步",
    }
    steps_of_keys(received, expected) {
        en: "its keys have {received} steps, its queries {expected}: which of them are later, nobody can say",
        zh: "键有 {received} 步，而查询有 {expected} 步：无法判断先后",
    }
    steps_of_keys_hint(setting) {
        en: "leave out `{setting}` where one sequence looks at another",
        zh: "一个序列关注另一个序列时，请去掉 `{setting}`",
    }
    window_too_large(window, image) {
        en: "its window of `{window}` is larger than the image of `{image}`",
        zh: "窗口 `{window}` 大于图像 `{image}`",
    }
    window_too_large_hint(padding) {
        en: "take a smaller window or dilation, fewer or smaller pooling layers before it, or `{padding}`",
        zh: "请减小窗口或空洞间隔，减少或缩小前面的池化层，或使用 `{padding}`",
    }
    window_too_long(window, steps) {
        en: "its window of {window} steps is longer than the sequence of {steps}",
        zh: "窗口长 {window} 步，超过长 {steps} 步的序列",
    }
    window_too_long_hint(padding) {
        en: "take a smaller window or dilation, fewer or smaller pooling layers before it, or `{padding}`",
        zh: "请减小窗口或空洞间隔，减少或缩小前面的池化层，或使用 `{padding}`",
    }
    pool_too_large(positions) {
        en: "its window has {positions} positions, expected at most 256",
        zh: "窗口含 {positions} 个位置，最多允许 256 个",
    }
    pool_too_large_hint(layer) {
        en: "`{layer}` pools whole images",
        zh: "要对整幅图像池化，请使用 `{layer}`",
    }
    pool_too_long_hint(layer) {
        en: "`{layer}` pools whole sequences",
        zh: "要对整个序列池化，请使用 `{layer}`",
    }
    groups_channels(groups, value) {
        en: "`groups` of `{groups}` does not divide the {value} channels of the input",
        zh: "输入的 {value} 个通道无法按 `groups: {groups}` 均分",
    }
    groups_filters(groups, value) {
        en: "`groups` of `{groups}` does not divide the {value} filters",
        zh: "{value} 个卷积核无法按 `groups: {groups}` 均分",
    }
    shapes_differ(expected, position, received) {
        en: "its inputs differ: the first is `{expected}`, number {position} is `{received}`",
        zh: "各输入的形状不同：第 1 个为 `{expected}`，第 {position} 个为 `{received}`",
    }
    shapes_differ_hint() {
        en: "bring both to one shape, for example by a `conv2d` with `kernel: 1` and the same `stride` on the shorter branch",
        zh: "请先统一形状，例如在较短的分支上使用 `kernel: 1` 且 `stride` 相同的 `conv2d`",
    }
    leading_axes_differ(expected, position, received) {
        en: "its inputs differ before the last axis: the first is `{expected}`, number {position} is `{received}`",
        zh: "各输入除最后一轴外形状不同：第 1 个为 `{expected}`，第 {position} 个为 `{received}`",
    }
    leading_axes_differ_hint() {
        en: "only the last axis may differ; pad or pool one branch to the other's height and width",
        zh: "只有最后一轴可以不同；请通过填充或池化使各分支的高和宽一致",
    }
    elements(to, to_elements, from, from_elements) {
        en: "the shape `{to}` has {to_elements} elements, the input `{from}` has {from_elements}",
        zh: "形状 `{to}` 含 {to_elements} 个元素，而输入 `{from}` 含 {from_elements} 个",
    }
    elements_hint() {
        en: "a reshape keeps the number of elements; the batch axis is not written",
        zh: "变形不改变元素个数；不要写批次轴",
    }
    permutation(axes, received) {
        en: "`axes` is `{axes}`, expected each axis of `{received}` once, from 0",
        zh: "`axes` 为 `{axes}`，应恰好列出 `{received}` 的每个轴一次，从 0 起",
    }
    permutation_hint(example) { en: "`{example}` turns their order round", zh: "例如 `{example}` 会把轴的顺序反过来" }
    too_large(shape, limit) {
        en: "the shape `{shape}` has more than {limit} elements",
        zh: "形状 `{shape}` 的元素超过 {limit} 个",
    }
    too_large_hint() {
        en: "take fewer units or filters, or pool before it",
        zh: "请减少单元或卷积核的数量，或在此之前进行池化",
    }
    initializer(initializer, parameter, shape) {
        en: "the initializer `{initializer}` needs two axes, the {parameter} has the shape `{shape}`",
        zh: "初始化方法 `{initializer}` 需要两个轴，而 {parameter} 的形状为 `{shape}`",
    }
    initializer_hint(example) { en: "a bias usually starts with `{example}`", zh: "偏置通常使用 `{example}`" }

    // What the model gives, and what it is compared with.
    output_classes(received, classes) {
        en: "the last layer gives the shape `{received}`, but the target has {classes} classes",
        zh: "最后一层输出的形状为 `{received}`，而目标有 {classes} 个类别",
    }
    output_numbers(received, outputs) {
        en: "the last layer gives the shape `{received}`, expected `[{outputs}]`, a number for each target",
        zh: "最后一层输出的形状为 `{received}`，应为 `[{outputs}]`，即每个目标一个数值",
    }
    output_embedding(received) {
        en: "the last layer gives the shape `{received}`, expected one row of numbers, which is compared with those of other samples",
        zh: "最后一层输出的形状为 `{received}`，应为一行数值，用于与其他样本比较",
    }
    output_sequence(received, classes, outputs) {
        en: "the last layer gives the shape `{received}`, expected `[steps, {outputs}]`: at each step one output for each of {classes} classes and one for the blank",
        zh: "最后一层输出的形状为 `{received}`，应为 `[步数, {outputs}]`：每一步对 {classes} 个类别各有一个输出，另有一个对应空白符",
    }
    output_sequence_hint(layer) {
        en: "keep the axis of the steps and end the model with `- {layer}`",
        zh: "请保留步的轴，并以 `- {layer}` 结束模型",
    }
    output_hint(layer) { en: "end the model with `- {layer}`", zh: "请以 `- {layer}` 作为最后一层" }
    output_flatten_hint(layer) {
        en: "end the model with `- flatten` and `- {layer}`",
        zh: "请以 `- flatten` 和 `- {layer}` 结束模型",
    }
    loss_for_category(loss, classes, outputs) {
        en: "the loss `{loss}` does not fit a target of {classes} classes with a last layer of width {outputs}",
        zh: "损失函数 `{loss}` 不适用于含 {classes} 个类别、最后一层宽度为 {outputs} 的目标",
    }
    loss_for_number(loss) {
        en: "the loss `{loss}` is for classes, but the target is a number",
        zh: "损失函数 `{loss}` 用于类别，而目标是数值",
    }
    loss_for_embedding(loss) {
        en: "the loss `{loss}` does not compare samples with each other, but the model is for embeddings",
        zh: "损失函数 `{loss}` 不比较样本之间的距离，而模型输出的是嵌入向量",
    }
    loss_for_sequence(loss) {
        en: "the loss `{loss}` does not compare sequences of labels, but the model is to read one from each sample",
        zh: "损失函数 `{loss}` 不比较标签序列，而模型要从每个样本读出一个标签序列",
    }
    loss_hint(loss) { en: "`{loss}` fits this target", zh: "该目标适合使用 `{loss}`" }
    loss_activation(loss, expected, received) {
        en: "the loss `{loss}` needs a last layer that ends in `{expected}`, received `{received}`",
        zh: "损失函数 `{loss}` 要求最后一层的激活函数为 `{expected}`，实际为 `{received}`",
    }
    loss_activation_hint(example) { en: "write `{example}` in the last layer", zh: "请在最后一层写上 `{example}`" }
    mixup_loss(loss) {
        en: "`mixup` needs a loss that is linear in the target, `{loss}` is not",
        zh: "`mixup` 要求损失函数对目标是线性的，而 `{loss}` 不是",
    }
    mixup_loss_hint() {
        en: "use `categorical_crossentropy` or `binary_crossentropy`, or remove `train.mixup`",
        zh: "请改用 `categorical_crossentropy` 或 `binary_crossentropy`，或删除 `train.mixup`",
    }
    mixup_steps() {
        en: "`mixup` mixes samples of one target each, and this model predicts a class for each step",
        zh: "`mixup` 只能混合各有一个目标的样本，而该模型对每一步都预测一个类别",
    }
    mixup_steps_hint() {
        en: "remove `train.mixup`, or end in a layer that gives one prediction a sample",
        zh: "请删除 `train.mixup`，或让最后一层对每个样本只给出一个预测",
    }
    class_weights_sequence() {
        en: "`class_weights` weigh what has one class, and this model reads a sequence of them from each sample",
        zh: "`class_weights` 只能为各有一个类别的对象加权，而该模型从每个样本读出一个标签序列",
    }
    class_weights_sequence_hint() { en: "remove `train.class_weights`", zh: "请删除 `train.class_weights`" }
    nothing_to_train() { en: "the model has nothing to train", zh: "模型没有可训练的参数" }
    nothing_to_train_hint() {
        en: "add a layer with parameters, such as `dense` or `conv2d`",
        zh: "请添加带参数的层，例如 `dense` 或 `conv2d`",
    }
    nothing_in_bf16() {
        en: "`precision: bf16` would change nothing: no image and no sequence between layers is kept for the backward pass",
        zh: "`precision: bf16` 不会有任何作用：各层之间没有需要为反向传播保留的图像或序列",
    }
    nothing_in_bf16_hint() {
        en: "remove `train.precision`: rows of numbers stay f32, since the weights of the layers that read them are larger",
        zh: "请删除 `train.precision`：一维的数据保持 f32，因为读取它们的层的权重更大",
    }
    not_exported(layer) {
        en: "`{layer}` cannot be exported to ONNX yet",
        zh: "`{layer}` 目前还不能导出为 ONNX",
    }
    not_exported_hint(command) {
        en: "the parameters alone can be had with `{command}`",
        zh: "可以用 `{command}` 只导出参数",
    }
    onnx_malformed(cause) { en: "not an ONNX file: {cause}", zh: "不是 ONNX 文件：{cause}" }
    onnx_malformed_hint() { en: "the file may be cut off; write it again with the program that made it", zh: "文件可能不完整；请用生成它的程序重新导出" }
    onnx_no_graph() { en: "the ONNX file has no graph", zh: "该 ONNX 文件没有计算图" }
    onnx_too_many(what, count, limit) { en: "the file has {count} of `{what}`, more than the {limit} that are read", zh: "文件中 `{what}` 有 {count} 个，超过可读取的 {limit} 个" }
    onnx_inputs(names) { en: "expected one input, found: {names}", zh: "应只有一个输入，实际为：{names}" }
    onnx_outputs(names) { en: "expected one output of f32 numbers, found: {names}", zh: "应只有一个 f32 输出，实际为：{names}" }
    onnx_one_hint() { en: "export the network with one input and one output, for inference", zh: "请以推理模式导出，且只保留一个输入和一个输出" }
    onnx_input_shape(declared, sample) { en: "the model takes samples of shape `{declared}`, the data have `{sample}`", zh: "模型接受的样本形状为 `{declared}`，数据的形状为 `{sample}`" }
    onnx_input_shape_hint() { en: "f32 images may have their channels first or last, or be flat; choose data and preprocessing that the model was trained on", zh: "f32 图像的通道可在前或在后，也可展平；请选择模型训练时所用的数据与预处理" }
    onnx_tensor_type(tensor, data_type) { en: "the tensor `{tensor}` has the element type {data_type}, which is not read", zh: "张量 `{tensor}` 的元素类型为 {data_type}，无法读取" }
    onnx_tensor_type_hint() { en: "export the weights as 32-bit floats", zh: "请将权重导出为 32 位浮点数" }
    onnx_tensor_length(tensor) { en: "the tensor `{tensor}` does not hold what its extents say", zh: "张量 `{tensor}` 的数据与其形状不符" }
    onnx_external(tensor) { en: "the numbers of the tensor `{tensor}` stand in another file", zh: "张量 `{tensor}` 的数据存放在另一个文件中" }
    onnx_external_hint() { en: "save the model as one file, without external data", zh: "请将模型保存为单个文件，不使用外部数据" }
    onnx_operator(operator, node) { en: "the operator `{operator}` of node `{node}` is not supported", zh: "不支持节点 `{node}` 的算子 `{operator}`" }
    onnx_operator_hint() { en: "docs/onnx.md lists what is; a program that simplifies ONNX files may bring the network into that form", zh: "支持的算子见 docs/onnx.md；可先用简化 ONNX 的工具转换网络" }
    onnx_operator_nearest_hint(nearest) { en: "the nearest name that is supported: `{nearest}`; docs/onnx.md lists all", zh: "名称最接近的受支持算子：`{nearest}`；完整列表见 docs/onnx.md" }
    onnx_attribute(operator, node, attribute) { en: "node `{node}`: `{operator}` is not supported with this value of `{attribute}`", zh: "节点 `{node}`：`{operator}` 不支持 `{attribute}` 的这一取值" }
    onnx_unknown_value(node, value) { en: "node `{node}` reads `{value}`, which nothing before it gives", zh: "节点 `{node}` 读取的 `{value}` 在其之前没有定义" }
    onnx_operand(operator, node, position) { en: "node `{node}`: operand {position} of `{operator}` is missing, has another shape, or must be another kind of value", zh: "节点 `{node}`：`{operator}` 的第 {position} 个操作数缺失、形状不符或种类不对" }
    onnx_batch_axis(operator, node) { en: "node `{node}`: `{operator}` works across the samples of a batch, or on an unknown number of them", zh: "节点 `{node}`：`{operator}` 跨批次样本计算，或批大小未知" }
    onnx_refused(operator, node, cause) { en: "node `{node}`: `{operator}` cannot be computed: {cause}", zh: "节点 `{node}`：无法计算 `{operator}`：{cause}" }
    onnx_memory(cause) { en: "no memory for the model's numbers: {cause}", zh: "内存不足，无法存放模型参数：{cause}" }
    no_logits() {
        en: "what the last sigmoid is applied to is not known",
        zh: "未记录最后一个 sigmoid 的输入",
    }
    graph_refused(cause) { en: "the engine refuses it: {cause}", zh: "计算引擎拒绝：{cause}" }
    gradient_refused(cause) { en: "the engine knows no gradient: {cause}", zh: "计算引擎无法求梯度：{cause}" }
    our_fault_hint() {
        en: "this is a fault of the program, not of the spec; please report it",
        zh: "这是程序的缺陷，与规格无关；请向我们报告",
    }

    // The summary.
    summary_layer() { en: "layer", zh: "层" }
    summary_kind() { en: "kind", zh: "类型" }
    summary_output() { en: "output", zh: "输出" }
    summary_parameters() { en: "parameters", zh: "参数" }
    summary_flops() { en: "operations", zh: "运算量" }
    summary_total() { en: "total", zh: "合计" }

    // Model files.
    file_other_format(format) {
        en: "the file is no safetensors file but looks like {format}",
        zh: "文件不是 safetensors 格式，看起来是 {format}",
    }
    file_other_format_hint() {
        en: "only safetensors is read, because other formats can carry programs; convert the file first",
        zh: "其他格式可能夹带程序，因此只读取 safetensors；请先转换",
    }
    file_truncated(expected, received) {
        en: "the file has {received} bytes, expected at least {expected}",
        zh: "文件只有 {received} 字节，至少应有 {expected} 字节",
    }
    file_header_too_long(bytes, limit) {
        en: "the file's header claims {bytes} bytes, expected at most {limit}",
        zh: "文件头声称有 {bytes} 字节，最多允许 {limit} 字节",
    }
    file_header(cause) { en: "the file's header is not valid: {cause}", zh: "文件头无效：{cause}" }
    file_duplicate(name) { en: "the name `{name}` stands twice in the file's header", zh: "文件头中名称 `{name}` 出现了两次" }
    file_dtype(tensor, received) {
        en: "the tensor `{tensor}` has elements of type `{received}`, expected `F32`",
        zh: "张量 `{tensor}` 的元素类型为 `{received}`，应为 `F32`",
    }
    file_dtype_hint() { en: "convert the file to 32-bit floats first", zh: "请先把文件转换为 32 位浮点数" }
    file_offsets(tensor) {
        en: "the place of the tensor `{tensor}` in the file does not fit its shape or its neighbours",
        zh: "张量 `{tensor}` 在文件中的位置与其形状或相邻张量不符",
    }
    file_trailing(bytes) {
        en: "the file has {bytes} bytes after its last tensor, expected none",
        zh: "文件在最后一个张量之后还有 {bytes} 字节，不应有",
    }
    file_damaged_hint() {
        en: "the file is damaged or incomplete; fetch it again",
        zh: "文件已损坏或不完整；请重新获取",
    }
    file_missing(tensor) { en: "the file lacks the tensor `{tensor}`", zh: "文件缺少张量 `{tensor}`" }
    file_unexpected(tensor) {
        en: "the file has a tensor `{tensor}` that the model does not have",
        zh: "文件含有模型中没有的张量 `{tensor}`",
    }
    file_shape(tensor, received, expected) {
        en: "the tensor `{tensor}` has the shape `{received}`, expected `{expected}`",
        zh: "张量 `{tensor}` 的形状为 `{received}`，应为 `{expected}`",
    }
    file_quantized(tensor) {
        en: "the 8-bit weights `{tensor}` have a value, a scale or a zero point that cannot be computed with",
        zh: "8 位权重 `{tensor}` 含有无法用于计算的数值、缩放系数或零点",
    }
    file_other_model_hint() {
        en: "the file belongs to a model of another spec",
        zh: "该文件属于另一份规格的模型",
    }
}
