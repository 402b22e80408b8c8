"""Texts that every implementation of the tokenizer and the model is checked against."""

CONFIG_TEXTS = [
    "stop the page from jumping while images load",
    "How do I reset my password?",
    "Vaccines train the immune system to recognise a virus before an infection happens.",
]
"""The three texts whose leading numbers are kept in `config.json`, as a self-test of the loaded model."""

_PARAGRAPH = ("Semantic search compares the meaning of a question with the meaning of each passage, so that a reader who "
              "does not know the exact words of the author still finds the right place. ")

GOLDEN_TEXTS = [
    *CONFIG_TEXTS,
    # plain English, names, numbers
    "a", "The", "search", "What is the capital of Australia?", "aspect-ratio", "It's a dog's life, isn't it?",
    "In 1969, Apollo 11 landed on the Moon; 3.14159 is not 22/7 (but 22/7 ≈ 3.142857).",
    "COVID-19 mRNA vaccine efficacy: 94.1% (95% CI, 89.3 to 96.8)",
    "internationalization electroencephalography antidisestablishmentarianism",
    "UPPER lower MiXeD CaSe", "e-mail: someone@example.org, https://example.org/a/b?c=d&e=f#g",
    # code
    "Array.prototype.flatMap((x) => [x, x * 2])", "snake_case_name camelCaseName kebab-case-name SCREAMING_CASE",
    "std::vector<std::unique_ptr<int>> v{};", "git commit --amend --no-edit && git push -f", "ERR_MODULE_NOT_FOUND 0x80070005",
    "for (let i = 0; i < n; i++) { sum += a[i]; }", "C++ C# F# .NET $PATH ~/.bashrc `code` \"quoted\"",
    # accents, case folding, ligatures, combining marks
    "Crème brûlée déjà vu naïve café", "cafe\u0301 and caf\u00e9 are the same word", "Straße Größe Übermäßig ẞ",
    "İstanbul ıssız IĞDIR", "Ærøskøbing Łódź Đà Nẵng São Tomé", "ﬁne ﬂow Ⅳ ½ № ™", "Å ångström Ω ohm µ micro",
    "Zażółć gęślą jaźń", "Hội đồng nhân dân thành phố", "ΑΒΓ Ελληνικά σοφός ΣΊΣΥΦΟΣ",
    # other scripts
    "Как найти страницу по смыслу? Ёлка и йод", "搜索引擎可以理解句子的意思", "日本語のテキストとカタカナ、ひらがな",
    "한국어 문장을 검색합니다", "البحث عن معنى الجملة في الصفحة", "مَرْحَبًا", "חיפוש סמנטי בדפדפן", "शब्दों का अर्थ खोजें",
    "ค้นหาความหมายของประโยค", "mixed 中文 and English words", "𠀀𠀁 rare ideographs 𪚥", "ქართული ენა Հայերեն",
    # emoji and symbols
    "I ❤️ search 🔍 and 👩‍👩‍👧‍👦 families 🇪🇺", "🔍", "— “quotes” … ‘single’ «guillemets» ¿qué? ¡sí!", "∑ x² ≤ ∞ → ∀ε>0 ∃δ", "©®™ §¶†‡ €£¥",
    # white space and control characters
    "", " ", "\t\n\r \u00a0\u2003", "\u0000", "a\u0000b", "zero\u200bwidth\u200djoin\u00adsoft\ufeffmark",
    "line one\nline two\r\n\tindented", "bell\u0007 escape\u001b[31m \ufffd replacement \u0085 next", "\u2028line\u2029paragraph",
    "ideographic\u3000space", "direction \u202eoverride\u202c \u061c mark", "private \ue000 use",
    # odd lengths, literals of special tokens, unknown words
    "x" * 99, "x" * 100, "x" * 101, "supercalifragilisticexpialidocious" * 4, "[CLS] [SEP] [MASK] [UNK] [PAD]", "##ing ## #",
    "!!!???...,,,", "-", "ꙮ", _PARAGRAPH * 3, (_PARAGRAPH * 20)[:3000],
]
