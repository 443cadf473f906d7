crate::phrases! {
    /// The label before what is wrong.
    error_label() { en: "error", zh: "错误" }
    /// The label before a hint.
    hint_label() { en: "hint", zh: "提示" }
    /// What stands after a label.
    label_end() { en: ": ", zh: "：" }
    /// The last line after several problems.
    problem_count(count, file) { en: "{count} problems in {file}", zh: "{file} 中共有 {count} 处问题" }
    /// Between the members of a list.
    list_separator() { en: ", ", zh: "、" }
    /// Before the last member of a list.
    or(list, last) { en: "{list} or {last}", zh: "{list}或{last}" }
    /// The root of the spec as the subject of a sentence.
    whole_spec() { en: "the spec", zh: "规格文件" }

    /// No value.
    received_nothing() { en: "nothing", zh: "空值" }
    /// A number, a truth value, or a path.
    received_value(value) { en: "`{value}`", zh: "`{value}`" }
    /// A text.
    received_text(text) { en: "the text `{text}`", zh: "文本 `{text}`" }
    /// A list of one.
    received_list_of_one() { en: "a list of 1 value", zh: "含 1 个值的列表" }
    /// A list.
    received_list(count) { en: "a list of {count} values", zh: "含 {count} 个值的列表" }
    /// A map of one.
    received_map_of_one() { en: "a map of 1 key", zh: "含 1 个键的映射" }
    /// A map.
    received_map(count) { en: "a map of {count} keys", zh: "含 {count} 个键的映射" }

    /// The type null.
    kind_null() { en: "nothing", zh: "空值" }
    /// The type of truth values.
    kind_boolean() { en: "`true` or `false`", zh: "`true` 或 `false`" }
    /// The type of whole numbers.
    kind_integer() { en: "an integer", zh: "整数" }
    /// The type of numbers.
    kind_number() { en: "a number", zh: "数字" }
    /// The type of texts.
    kind_text() { en: "a text", zh: "文本" }
    /// The type of lists.
    kind_list() { en: "a list", zh: "列表" }
    /// The type of maps.
    kind_map() { en: "a map", zh: "映射" }

    /// A length that is fixed.
    length_exactly(count) { en: "{count}", zh: "{count}" }
    /// A length with two ends.
    length_between(minimum, maximum) { en: "{minimum} to {maximum}", zh: "{minimum} 到 {maximum}" }
    /// A length with a lower end.
    length_at_least(minimum) { en: "at least {minimum}", zh: "至少 {minimum}" }
    /// A length with an upper end.
    length_at_most(maximum) { en: "at most {maximum}", zh: "至多 {maximum}" }

    /// A tab indents.
    yaml_tab() { en: "a tab indents this line, and YAML indents with spaces only", zh: "此行用制表符缩进，而 YAML 只允许用空格缩进" }
    /// Hint.
    yaml_tab_hint() { en: "replace the tab by spaces, and tell the editor to insert spaces", zh: "把制表符换成空格，并让编辑器自动插入空格" }
    /// `[` without `]`.
    yaml_unclosed_list(opened_line) { en: "the list that starts in line {opened_line} needs `,` or `]` here", zh: "第 {opened_line} 行开始的列表在此处缺少 `,` 或 `]`" }
    /// Hint.
    yaml_unclosed_list_hint() { en: "close the list with `]`", zh: "用 `]` 结束该列表" }
    /// `{` without its end.
    yaml_unclosed_map(opened_line) { en: "the map that starts in line {opened_line} needs `,` or `}}` here", zh: "第 {opened_line} 行开始的映射在此处缺少 `,` 或 `}}`" }
    /// Hint.
    yaml_unclosed_map_hint() { en: "close the map with `}}`", zh: "用 `}}` 结束该映射" }
    /// A quote without its end.
    yaml_unclosed_quote() { en: "the quoted text that starts here has no end", zh: "此处开始的引号文本没有结束" }
    /// Hint.
    yaml_unclosed_quote_hint() { en: "write the same quote once more at the end of the text", zh: "在文本末尾补上相同的引号" }
    /// A colon where no key can be.
    yaml_misplaced_colon() { en: "a `:` stands where no key can be", zh: "`:` 出现在不能有键的位置" }
    /// Hint.
    yaml_misplaced_colon_hint() { en: "write one `key: value` a line, a space after each colon, keys of one map in one column, and quotes around text that contains `: `", zh: "每行只写一个 `键: 值`，冒号后加空格，同一映射的键左对齐，含 `: ` 的文本要加引号" }
    /// A line whose indentation fits nothing.
    yaml_indentation() { en: "this line is indented like nothing before it", zh: "此行的缩进与前面任何一级都不一致" }
    /// Hint.
    yaml_indentation_hint() { en: "let it start in the same column as the keys or the `-` that it belongs to", zh: "让它与所属的键或 `-` 左对齐" }
    /// A line that is no entry.
    yaml_missing_colon() { en: "a key without `:`", zh: "键后面缺少 `:`" }
    /// Hint.
    yaml_missing_colon_hint() { en: "write `key: value`, with a space after the colon", zh: "写成 `键: 值`，冒号后加空格" }
    /// `key: - item`.
    yaml_misplaced_list_item() { en: "a `-` stands where no list can start", zh: "`-` 出现在不能开始列表的位置" }
    /// Hint.
    yaml_misplaced_list_item_hint() { en: "start the list on the next line, or write it as `[a, b]`", zh: "从下一行开始写列表，或写成 `[a, b]`" }
    /// A bracket that closes nothing.
    yaml_unmatched_bracket() { en: "this bracket closes nothing", zh: "此括号没有对应的左括号" }
    /// Hint.
    yaml_unmatched_bracket_hint() { en: "remove it, or write quotes around the text", zh: "删除它，或给文本加引号" }
    /// `'a' b`.
    yaml_text_after_quote() { en: "something follows the closing quote", zh: "右引号之后还有其他内容" }
    /// Hint.
    yaml_text_after_quote_hint() { en: "write one pair of quotes around the whole text; `''` is a quote inside single quotes", zh: "用一对引号括住整段文本；单引号内用 `''` 表示一个单引号" }
    /// A backslash before a letter that means nothing.
    yaml_unknown_escape() { en: "a backslash in this text stands before a letter that means nothing", zh: "此文本中的反斜杠后面不是有效的转义字符" }
    /// Hint.
    yaml_unknown_escape_hint() { en: "write `\\\\` for a backslash, or use single quotes", zh: "用 `\\\\` 表示反斜杠，或改用单引号" }
    /// A value starts with a reserved character.
    yaml_reserved_character(character) { en: "a value cannot start with `{character}`", zh: "值不能以 `{character}` 开头" }
    /// Hint.
    yaml_reserved_character_hint() { en: "write the text in quotes", zh: "给文本加上引号" }
    /// Anything else; the parser's own words.
    yaml_other(reason) { en: "this is no valid YAML: {reason}", zh: "此处不是有效的 YAML：{reason}" }

    /// A text beyond the limit.
    too_large(limit, bytes) { en: "a spec has at most {limit} bytes, received {bytes}", zh: "规格文件最大 {limit} 字节，实际为 {bytes} 字节" }
    /// Hint.
    too_large_hint() { en: "name data files in the spec instead of writing data into it", zh: "请在规格中引用数据文件，不要把数据写进规格" }
    /// A character that YAML does not allow.
    control_character(code) { en: "the character {code} is not allowed in YAML", zh: "YAML 中不允许出现字符 {code}" }
    /// Hint.
    control_character_hint() { en: "remove it, or save the file as UTF-8 text", zh: "删除该字符，或将文件保存为 UTF-8 文本" }
    /// A second document.
    several_documents() { en: "a second document starts here, and a spec is one document", zh: "此处开始了第二个文档，而规格文件只能有一个文档" }
    /// Hint.
    several_documents_hint() { en: "remove the `---` or `...` line, or write one file for each spec", zh: "删除 `---` 或 `...` 行，或把每个规格写成单独的文件" }
    /// `&a`.
    anchor() { en: "anchors (`&name`) are not allowed in a spec", zh: "规格文件中不允许使用锚点（`&name`）" }
    /// `*a`.
    alias() { en: "aliases (`*name`) are not allowed in a spec", zh: "规格文件中不允许使用别名（`*name`）" }
    /// Hint.
    alias_hint() { en: "write the value out, or in quotes if it is text", zh: "请直接写出该值；如果是文本，请加引号" }
    /// `!a`.
    tag(tag) { en: "the tag `{tag}` is not allowed in a spec", zh: "规格文件中不允许使用标签 `{tag}`" }
    /// Hint.
    tag_hint() { en: "remove the tag; quotes make a value text", zh: "删除该标签；加引号即可表示文本" }
    /// Too deep.
    too_deep(limit) { en: "lists and maps are nested deeper than {limit} levels", zh: "列表和映射的嵌套超过 {limit} 层" }
    /// A key twice.
    duplicate_key(key, first_line) { en: "the key `{key}` stands twice in one map, first in line {first_line}", zh: "键 `{key}` 在同一映射中出现了两次，首次出现在第 {first_line} 行" }
    /// Hint.
    duplicate_key_hint() { en: "keep one of them", zh: "只保留其中一个" }
    /// A key that is a number, a truth value or null.
    key_not_text(key) { en: "the key `{key}` is not text", zh: "键 `{key}` 不是文本" }
    /// Hint.
    key_not_text_hint(key) { en: "write `\"{key}\"`", zh: "写成 `\"{key}\"`" }
    /// A colon without a key.
    empty_key() { en: "a `:` without a key before it", zh: "`:` 前面没有键" }
    /// Hint.
    empty_key_hint() { en: "write `key: value`", zh: "写成 `键: 值`" }
    /// A list or a map as a key.
    key_not_scalar() { en: "a list or a map cannot be a key", zh: "列表或映射不能作为键" }
    /// Hint.
    key_not_scalar_hint() { en: "write text before the `:`; text that starts with `[` or `{{` needs quotes", zh: "`:` 前面应写文本；以 `[` 或 `{{` 开头的文本要加引号" }
    /// An integer beyond 64 bits.
    integer_too_large(number) { en: "the integer `{number}` does not fit into 64 bits", zh: "整数 `{number}` 超出 64 位范围" }
    /// Infinity, NaN, or beyond 64 bits.
    number_not_finite(number) { en: "numbers must be finite, received `{number}`", zh: "数字必须是有限值，实际为 `{number}`" }
    /// Hint.
    number_as_text_hint() { en: "if it is text, write it in quotes", zh: "如果它是文本，请加引号" }

    /// A key that the schema does not know.
    unknown_key(key, place) { en: "unknown key `{key}` in {place}", zh: "{place} 中有未知的键 `{key}`" }
    /// The nearest name.
    did_you_mean(name) { en: "did you mean `{name}`?", zh: "是否想写 `{name}`？" }
    /// All keys.
    allowed_keys_hint(keys) { en: "the keys here are {keys}", zh: "此处可用的键有 {keys}" }
    /// No keys.
    no_keys_hint() { en: "there are no keys here: write `{{}}`", zh: "此处没有可用的键：请写 `{{}}`" }
    /// A key without a default.
    missing_key(place, key) { en: "{place} needs the key `{key}`", zh: "{place} 缺少键 `{key}`" }
    /// Hint.
    missing_key_hint(key) { en: "add `{key}: ...`; `proofmark schema` prints what it may be", zh: "添加 `{key}: ...`；可用 `proofmark schema` 查看允许的取值" }
    /// A value of another type.
    wrong_type(place, expected, received) { en: "{place} must be {expected}, received {received}", zh: "{place} 应为{expected}，实际为{received}" }
    /// A number in quotes.
    quoted_number_hint() { en: "write the number without quotes", zh: "去掉数字外面的引号" }
    /// `10_000`.
    grouped_number_hint(number) { en: "write `{number}`", zh: "写成 `{number}`" }
    /// `yes`.
    boolean_hint(value) { en: "write `{value}`", zh: "写成 `{value}`" }
    /// `10.0` for `10`.
    whole_number_hint(number) { en: "write `{number}`", zh: "写成 `{number}`" }
    /// A number where text is expected.
    quote_hint() { en: "write it in quotes", zh: "请加上引号" }
    /// No value for a map.
    nothing_for_map_hint() { en: "indent its keys below it, or write `{{}}` if there are none", zh: "把它的键缩进写在下方；如果没有键，就写 `{{}}`" }
    /// No value.
    nothing_hint() { en: "write a value, or remove the key", zh: "写上一个值，或删除该键" }
    /// A spec with nothing in it.
    empty_spec_hint() { en: "write keys such as `name: digits`; `proofmark new` makes a spec to start from", zh: "请写入 `name: digits` 之类的键；可用 `proofmark new` 生成起步规格" }
    /// A map for a list.
    map_for_list_hint() { en: "write `- ` before each element of the list", zh: "在列表的每个元素前写 `- `" }
    /// A number outside its range.
    out_of_range(place, range, received) { en: "{place} must satisfy `{range}`, received {received}", zh: "{place} 应满足 `{range}`，实际为 {received}" }
    /// A list's length.
    wrong_length(place, length, received) { en: "the number of values in {place} must be {length}, received {received}", zh: "{place} 中值的个数应为 {length}，实际为 {received}" }
    /// A text's length.
    wrong_text_length(place, length, received) { en: "the number of characters in {place} must be {length}, received {received}", zh: "{place} 的字符数应为 {length}，实际为 {received}" }
    /// A value twice in a list.
    duplicate_item(place, received, first_idx) { en: "{place} is {received}, which stands in the list already at [{first_idx}]", zh: "{place} 为{received}，与列表中的 [{first_idx}] 重复" }
    /// A name that is not allowed.
    unknown_variant(place, expected, received) { en: "{place} must be {expected}, received `{received}`", zh: "{place} 应为{expected}，实际为 `{received}`" }
    /// A variant that needs settings.
    variant_without_content(variant) { en: "`{variant}` needs its settings", zh: "`{variant}` 缺少设置" }
    /// Hint.
    variant_without_content_hint(variant) { en: "write `{variant}: {{ ... }}`", zh: "写成 `{variant}: {{ ... }}`" }
    /// A variant that has no settings.
    variant_with_content(variant) { en: "`{variant}` has no settings", zh: "`{variant}` 没有可设置的内容" }
    /// Hint.
    variant_with_content_hint(variant) { en: "write `{variant}` alone, without `:`", zh: "只写 `{variant}`，不要加 `:`" }
    /// Settings beside their variant.
    variant_not_indented(key, variant) { en: "`{key}` stands beside `{variant}`, not below it", zh: "`{key}` 与 `{variant}` 并列，而不在它的下级" }
    /// Hint.
    variant_not_indented_hint(variant) { en: "indent the settings of `{variant}` further than `{variant}` itself", zh: "`{variant}` 的设置应比 `{variant}` 缩进更多" }
    /// Several keys where there must be one.
    several_variants(place, received) { en: "{place} must have exactly 1 key, received {received}", zh: "{place} 应恰好有 1 个键，实际有 {received} 个" }
    /// Hint.
    several_variants_hint(names) { en: "write only one of {names}", zh: "只能写其中之一：{names}" }
    /// The typed value is refused.
    refused(place, reason) { en: "{place} is not accepted: {reason}", zh: "{place} 不被接受：{reason}" }

    /// `--set` without `=`.
    override_without_value(argument) { en: "`{argument}` has no `=`", zh: "`{argument}` 中没有 `=`" }
    /// Hint.
    override_without_value_hint() { en: "write `--set path.to.key=value`", zh: "写成 `--set path.to.key=value`" }
    /// `--set` with a bad path.
    override_path(path) { en: "`{path}` is no path to a value", zh: "`{path}` 不是有效的路径" }
    /// Hint.
    path_empty_segment_hint() { en: "write a key between two points, as in `train.epochs`", zh: "两个点之间要写键名，例如 `train.epochs`" }
    /// Hint.
    path_index_hint() { en: "write a number from 0 in brackets, as in `model.layers[3]`", zh: "方括号里写从 0 开始的序号，例如 `model.layers[3]`" }
    /// Hint.
    path_quote_hint() { en: "close the `\"` around the key", zh: "补上键名后面的 `\"`" }
    /// An index beyond the end.
    no_such_index(place, index, length) { en: "the number of elements in {place} is {length}, and there is none at [{index}]", zh: "{place} 中的元素个数为 {length}，没有 [{index}]" }
    /// Hint.
    no_such_index_hint(last) { en: "the last one is [{last}]", zh: "最后一个是 [{last}]" }
    /// A name that no element has.
    no_such_name(place, name) { en: "{place} has no element with the name `{name}`", zh: "{place} 中没有名为 `{name}` 的元素" }
    /// Hint.
    allowed_names_hint(names) { en: "the names here are {names}", zh: "此处可用的名称有 {names}" }
    /// Hint.
    no_names_hint() { en: "give the element a `name`, or use its number as in `[0]`", zh: "给该元素加上 `name`，或用序号，例如 `[0]`" }
    /// A path that goes on below a scalar.
    nothing_below(place, segment, received) { en: "there is no `{segment}` in {place}: it is {received}", zh: "{place} 中没有 `{segment}`：它是{received}" }
    /// Hint.
    nothing_below_hint() { en: "end the path earlier, and write the whole value as in `optimizer={{adam: {{}}}}`", zh: "缩短路径，并写出完整的值，例如 `optimizer={{adam: {{}}}}`" }
}
