// Text as tokens: its files, its characters, what a model writes.
crate::phrases! {
    not_utf8(offset) {
        en: "the text is not UTF-8 from byte `{offset}` on, counted from 0",
        zh: "文本从第 `{offset}` 个字节（从 0 计）起不是 UTF-8 编码",
    }
    hint_not_utf8() {
        en: "convert the file to UTF-8, or leave out `characters`: each byte is a token then",
        zh: "请将文件转换为 UTF-8；或去掉 `characters`，此时每个字节是一个词元",
    }
    unknown_character(character, line, column) {
        en: "the character `{character}` in line `{line}`, column `{column}` is not listed in `characters`",
        zh: "第 `{line}` 行第 `{column}` 列的字符 `{character}` 未在 `characters` 中列出",
    }
    hint_unknown_character(count, listed) {
        en: "list it, or let `unknown` name one of `characters` that stands for all others; characters of this file that are not listed: {count}, {listed}",
        zh: "请将其列出，或用 `unknown` 指定 `characters` 中的一个字符代表其他所有字符；该文件中未列出的字符共 {count} 个：{listed}",
    }
    no_text(path) { en: "`{path}` has no text files", zh: "`{path}` 中没有文本文件" }
    hint_no_text() {
        en: "expected files that end in `.txt` or `.txt.gz`, in the folder or in its sub-folders `train` and `test`",
        zh: "应有以 `.txt` 或 `.txt.gz` 结尾的文件，直接放在该文件夹中，或放在其子文件夹 `train` 和 `test` 中",
    }
    too_few_tokens(path, needed, received) {
        en: "`{path}` has no file of `{needed}` tokens, as a window and the token after it need; the longest has `{received}`",
        zh: "`{path}` 中没有任何文件达到 `{needed}` 个词元（一个窗口加其后的一个词元）；最长的文件有 `{received}` 个",
    }
    hint_too_few_tokens() { en: "give a smaller `window`, or longer files", zh: "请减小 `window`，或提供更长的文件" }
    not_wav() { en: "this is no WAV file", zh: "这不是 WAV 文件" }
    wav_truncated() { en: "the file ends before what its headers announce", zh: "文件在其头部所声明的内容之前就结束了" }
    wav_no_format() { en: "no header says how samples are stored", zh: "没有头部说明样本的存储方式" }
    wav_encoding(format, bits) {
        en: "samples of format `{format}` with `{bits}` bits are not read",
        zh: "不支持格式为 `{format}`、位数为 `{bits}` 的样本",
    }
    hint_wav() {
        en: "write it as PCM of 8, 16, 24 or 32 bits (format 1), or as numbers of 32 bits (format 3)",
        zh: "请写成 8、16、24 或 32 位的 PCM（格式 1），或 32 位浮点数（格式 3）",
    }
    wav_no_samples() { en: "there are no samples", zh: "没有任何样本" }
    wav_not_finite(sample) { en: "the sample `{sample}` is not finite", zh: "第 `{sample}` 个样本不是有限数" }
    sample_rate(path, expected, received) {
        en: "`{path}` has `{received}` samples a second, expected `{expected}`",
        zh: "`{path}` 每秒有 `{received}` 个样本，应为 `{expected}`",
    }
    hint_sample_rate() {
        en: "bring all files to one rate, and say it as the source's `rate_hz`",
        zh: "请将所有文件统一为一个采样率，并写在数据源的 `rate_hz` 中",
    }
    no_recordings(path) { en: "`{path}` has no recordings", zh: "`{path}` 中没有录音或序列文件" }
    hint_no_recordings() {
        en: "expected files that end in `.csv` or `.wav`, each beside a `.txt` of the same name, in the folder or in its sub-folders `train` and `test`",
        zh: "应有以 `.csv` 或 `.wav` 结尾的文件，旁边各有一个同名的 `.txt` 文件，直接放在该文件夹中，或放在其子文件夹 `train` 和 `test` 中",
    }
    rate_unknown(path, received) {
        en: "`{path}` is a sound of `{received}` samples a second, and the spec does not say how many there are to be",
        zh: "`{path}` 是每秒 `{received}` 个样本的声音，而配置没有写明采样率",
    }
    hint_rate_unknown(received) {
        en: "write `rate_hz: {received}` in `data.source.transcripts`",
        zh: "请在 `data.source.transcripts` 中写 `rate_hz: {received}`",
    }
    no_sounds(path) { en: "`{path}` has no sounds", zh: "`{path}` 中没有声音文件" }
    hint_no_sounds() {
        en: "expected files that end in `.wav` or `.wav.gz`, in the folder or in its sub-folders `train` and `test`",
        zh: "应有以 `.wav` 或 `.wav.gz` 结尾的文件，直接放在该文件夹中，或放在其子文件夹 `train` 和 `test` 中",
    }
    sound_has_no_text() { en: "sound is not written in characters", zh: "声音不以字符书写" }
    sound_without_file() { en: "sound is no text to show", zh: "声音不是可显示的文本" }
    hint_sound_without_file() {
        en: "name a file for it: `--output sound.wav`",
        zh: "请为其指定文件：`--output sound.wav`",
    }
    option_generate_output() {
        en: "A file for what is written; sound becomes a WAV file",
        zh: "保存所写内容的文件；声音存为 WAV 文件",
    }
    character_twice(key, character) {
        en: "`{key}` lists the character `{character}` twice",
        zh: "`{key}` 将字符 `{character}` 列出了两次",
    }
    unknown_not_listed(key, received) {
        en: "`{key}` must be one of `characters`, received `{received}`",
        zh: "`{key}` 必须是 `characters` 中的一个字符，实际为 `{received}`",
    }
    hint_unknown_not_listed() {
        en: "add it to `characters`; without `characters` tokens are bytes, and there are no others",
        zh: "请将其加入 `characters`；没有 `characters` 时词元是字节，不存在其他字符",
    }
    not_for_tokens(key, what) {
        en: "`{key}`: `{what}` cannot be done to tokens",
        zh: "`{key}`：词元不能使用 `{what}`",
    }
    hint_not_for_tokens() {
        en: "leave `preprocess` out: tokens are read as they are, by a layer `embedding`",
        zh: "请去掉 `preprocess`：词元原样由 `embedding` 层读取",
    }
    predicts_tokens() {
        en: "the model says what follows each step of a sequence, which is no class of a file",
        zh: "该模型给出序列中每一步之后的内容，而不是文件的类别",
    }
    hint_predicts_tokens() { en: "let it write with `proofmark generate`", zh: "请用 `proofmark generate` 让它书写" }

    // A model that writes.
    generate_about() { en: "Let the model of a run write, token by token", zh: "让某次运行的模型逐个词元地书写" }
    option_prompt() {
        en: "What it begins with; without it, it begins on a new line",
        zh: "书写的开头；不给时从新的一行开始",
    }
    option_length() { en: "Tokens to write, 1 to 1000000 [default: 400]", zh: "要书写的词元数，1 到 1000000 [默认：400]" }
    option_seed() {
        en: "Decides what is drawn: the same seed writes the same [default: 1]",
        zh: "决定抽取结果：种子相同，写出的内容相同 [默认：1]",
    }
    option_temperature() {
        en: "From 0 on: 1 draws tokens as probable as the model says they are, less prefers the probable ones, 0 takes the most probable [default: 1]",
        zh: "不小于 0：1 按模型给出的概率抽取词元，更小则偏向概率高的词元，0 总取概率最高的 [默认：1]",
    }
    reads_no_tokens() {
        en: "the model of this run reads no tokens, so that it cannot write",
        zh: "该运行的模型读取的不是词元，无法书写",
    }
    prompt(problem) { en: "the prompt cannot be read: {problem}", zh: "无法读取开头：{problem}" }
    hint_prompt() {
        en: "use the characters that `data.source.text.characters` of the run's spec lists",
        zh: "请使用该运行的规格中 `data.source.text.characters` 列出的字符",
    }
    not_each_step() {
        en: "the model does not predict for each step of a sequence what follows",
        zh: "该模型不是对序列的每一步都预测其后的内容",
    }
    looks_ahead() {
        en: "what the model says about a step depends on later steps, which are not written yet",
        zh: "该模型对某一步的预测依赖于之后的步，而那些步尚未写出",
    }
    hint_looks_ahead() {
        en: "`lstm` and `gru` need `direction: forward`, `multi_head_attention` needs `causal: true`, `conv1d` needs `padding: causal`",
        zh: "`lstm` 和 `gru` 需要 `direction: forward`，`multi_head_attention` 需要 `causal: true`，`conv1d` 需要 `padding: causal`",
    }
}
