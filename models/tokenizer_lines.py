"""Writes the lines on which every implementation of the tokenizer must give the same ids, with those that `tokenizers` gives.

10,000 lines in many scripts, drawn with a fixed seed: sentences written for this file, characters of many Unicode blocks,
emoji, control characters, marks, code, addresses, long words, and any code point at all. Ill-formed text is left out: it has
no UTF-8. A second file says of every single code point what it becomes between two letters, before the vocabulary comes in.

    python tokenizer_lines.py            # writes ../tests/golden/tokenizer-lines.jsonl.gz and tokenizer-characters.jsonl.gz
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer

from text_tools import stop

SEED = 8128
SENTENCES = [
    # Latin letters
    "Stop the page from jumping while the images load.", "Where do I change the address that my invoices go to?",
    "It's not the model's fault; we didn't update its cache (yet).",
    "Wie stelle ich mein Passwort zurück, ohne die Größe zu ändern?",
    "Über sieben Brücken führt die Straße nach Gießen.", "Où se trouve la clé de l'hôtel, près du château d'Amboise ?",
    "L'été dernier, nous avons goûté une crème brûlée exquise.", "¿Dónde está la contraseña del año pasado? ¡Ñandú!",
    "A que horas começa a sessão de gestão de permissões?", "Perché la città è più bella quando piove?",
    "Cât costă un bilet până la Iași, în țară?", "Jak zażółcić gęślą jaźń, gdy łódź płynie źle?",
    "Příliš žluťoučký kůň úpěl ďábelské ódy.", "Kde nájdem stratený kľúč od ôsmej izby?",
    "Hol találom az árvíztűrő tükörfúrógépet?", "Hvor ligger bøgetræet ved åen, og hvem ejer øen?",
    "Räven hoppade över den lata hunden i Ängelholm.", "Missä on hyvä yömaja Jyväskylän lähellä?",
    "Hvar er þörf á að breyta stillingum síðunnar?", "Kur galima rasti šviežių žemuogių ąžuolyne?",
    "Kā atrast vārdu, kura nozīmi zinu, bet rakstību ne?", "Kuhu kaob õhtul päike, küsis väike tüdruk.",
    "İstanbul'da ılık bir ağustos akşamı, IĞDIR'a giden otobüs.", "Şifremi unuttum, yeni şifre nasıl alınır?",
    "Làm thế nào để tìm một trang mà tôi không nhớ tên?", "Hội đồng nhân dân thành phố Đà Nẵng họp phiên đầu tiên.",
    "Ninaweza kupata wapi ramani ya mji wa zamani?", "Bagaimana cara menghapus akun lama saya?",
    "Nasaan ang susi ng bahay na luma?", "Ki ibi ti mo le rí àwọn ìwé àtijọ́?",
    "Kie troviĝas la ŝlosilo de la ĝardeno, ĉu ĉi tie?",
    # Greek, Cyrillic, Armenian, Georgian
    "Ο Σίσυφος έσπρωχνε τον βράχο ως την κορυφή.", "ΠΟΣΟΣ ΧΡΟΝΟΣ ΧΡΕΙΑΖΕΤΑΙ; ΜΕΝΕΛΑΟΣ",
    "Πώς αλλάζω τον κωδικό πρόσβασής μου;",
    "Как найти страницу, если помнишь только её смысл?", "Съешь ещё этих мягких французских булок.",
    "Де зберігаються ґудзики та їхні розміри?", "Къде е ключът от къщата на чичо ѝ?",
    "Љубазни фењерџија чађавог лица хоће да ми покаже штос.",
    "Қазақ тілінде іздеу қалай жұмыс істейді?", "Ինչպե՞ս գտնել կորած էջը։", "როგორ მოვძებნო გვერდი აზრის მიხედვით?",
    # right to left
    "كيف أبحث عن صفحة لا أتذكر اسمها؟", "الطَّقْسُ جَمِيلٌ اليَوْمَ فِي القَاهِرَةِ.",
    "چگونه می‌توانم گذرواژه‌ام را عوض کنم؟",
    "میں اپنا پتہ کیسے تبدیل کروں؟", "איך מוצאים דף שזוכרים רק את תוכנו?", "בְּרֵאשִׁית הָיָה הַדָּבָר",
    "װוּ איז דער שליסל?", "ކޮބާ ތަޅުދަނޑި؟", "ܐܝܟܐ ܗܘ ܟܬܒܐ",
    # India and around
    "मैं अपना पासवर्ड कैसे बदलूँ?", "क्षत्रिय ज्ञान श्रृंखला", "আমি পুরনো পাতা কীভাবে খুঁজব?", "ਮੈਂ ਆਪਣਾ ਪਤਾ ਕਿਵੇਂ ਬਦਲਾਂ?",
    "હું જૂનું પાનું કેવી રીતે શોધું?", "பழைய பக்கத்தை எப்படித் தேடுவது?", "పాత పేజీని ఎలా వెతకాలి?",
    "ಹಳೆಯ ಪುಟವನ್ನು ಹೇಗೆ ಹುಡುಕುವುದು?",
    "പഴയ താൾ എങ്ങനെ തിരയാം?", "පරණ පිටුව සොයන්නේ කෙසේද?",
    # South-east and east Asia, Africa, America
    "จะค้นหาหน้าที่จำชื่อไม่ได้ได้อย่างไร", "ຊອກຫາໜ້າເກົ່າແນວໃດ", "စာမျက်နှာဟောင်းကို ဘယ်လိုရှာမလဲ။",
    "តើខ្ញុំរកទំព័រចាស់ដោយរបៀបណា?",
    "བོད་ཡིག་གི་ཤོག་ངོས་འཚོལ།", "怎样找到只记得意思的网页?", "如何重設密碼?請看第三章。", "パスワードをリセットするには、どうすればいいですか?",
    "カタカナとひらがなと漢字がまざった文。ｶﾞｷﾞｸﾞ", "비밀번호를 잊어버렸을 때 어떻게 하나요?", "오래된 페이지를 뜻으로 찾는 방법", "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ",
    "የይለፍ ቃሌን እንዴት እቀይራለሁ?", "ⵎⴰⵏⵉ ⵉⵍⵍⴰ ⵓⴷⵍⵉⵙ", "ᏙᎢᏳᏍᏗ ᎪᏪᎵ", "ᖃᓄᖅ ᓇᓂᔪᓐᓇᖅᐱᒋᑦ",
]
"""Written for this file, in more than sixty languages."""

SCRIPTS = [
    (0x20, 0x7E), (0xA1, 0x17F), (0x180, 0x24F), (0x250, 0x2FF), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x58F),
    (0x591, 0x5F4),
    (0x600, 0x6FF), (0x700, 0x74F), (0x750, 0x7FF), (0x800, 0x8FF), (0x900, 0x97F), (0x980, 0x9FF), (0xA00, 0xAFF),
    (0xB00, 0xBFF),
    (0xC00, 0xCFF), (0xD00, 0xDFF), (0xE01, 0xE5B), (0xE80, 0xEDF), (0xF00, 0xFDA), (0x1000, 0x109F), (0x10A0, 0x10FF),
    (0x1100, 0x11FF), (0x1200, 0x139F), (0x13A0, 0x13FF), (0x1400, 0x167F), (0x1680, 0x16FF), (0x1700, 0x17FF),
    (0x1800, 0x18AF),
    (0x1900, 0x1AAF), (0x1B00, 0x1C7F), (0x1C80, 0x1CFF), (0x1D00, 0x1DBF), (0x1E00, 0x1FFF), (0x2000, 0x206F),
    (0x2070, 0x218F),
    (0x2190, 0x23FF), (0x2400, 0x27BF), (0x27C0, 0x2BFF), (0x2C00, 0x2DFF), (0x2E00, 0x2E5D), (0x2E80, 0x303F),
    (0x3040, 0x30FF),
    (0x3100, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF), (0xA4D0, 0xA6FF), (0xA700, 0xA8FF),
    (0xA900, 0xAAFF),
    (0xAB00, 0xABFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFB00, 0xFDFF), (0xFE00, 0xFE6F), (0xFE70, 0xFEFF),
    (0xFF00, 0xFFEF),
    (0x10000, 0x101FF), (0x10280, 0x103DF), (0x10400, 0x105FF), (0x10600, 0x10FFF), (0x11000, 0x115FF), (0x11600, 0x11FFF),
    (0x12000, 0x1254F), (0x13000, 0x1345F), (0x16800, 0x16FFF), (0x17000, 0x18CFF), (0x1B000, 0x1B2FF), (0x1D000, 0x1D24F),
    (0x1D400, 0x1D7FF), (0x1E000, 0x1E95F), (0x1F000, 0x1FAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2EBEF), (0x2F800, 0x2FA1F),
    (0x30000, 0x323AF), (0xE0000, 0xE01EF),
]
"""Blocks of Unicode, first and last code point; unassigned ones are in them, too."""

WORDS = ("search index passage query vector token model browser worker storage button dialog header image layout "
         "cache network offline manifest segment posting score weight language page section heading anchor "
         "highlight keyboard shortcut error timeout retry permission account password invoice shipping refund "
         "delivery kitchen garden river mountain vaccine virus protein enzyme heart doctor painful headache "
         "infection treatment gravity electron reaction molecule equation theorem integral matrix history "
         "revolution parliament election budget interest mortgage insurance contract football orchestra violin "
         "painting novel chapter internationalization electroencephalography antidisestablishmentarianism the of "
         "and to in is that for it with as was on").split()
EMOJI = ["🔍", "❤️", "👍🏽", "👩‍👩‍👧‍👦", "🇪🇺", "🇯🇵", "1️⃣", "#️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👨🏿‍🚀", "☺︎", "☺️", "🫠", "🪿", "🧑‍🤝‍🧑", "😀", "⌛",
         "✅", "🅰️", "㊙️"]
MARKS = [chr(code) for code in (*range(0x300, 0x370), *range(0x483, 0x48A), *range(0x591, 0x5BE), *range(0x64B, 0x660),
                                *range(0x1AB0, 0x1ACF), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x20F1), 0x3099, 0x309A,
                                0x302E,
                                *range(0xFE20, 0xFE30))]
SPACES = ["\t", "\n", "\r", "\r\n", "\v", "\f", "\x85", "\xa0", "\u1680", "\u2003", "\u2009", "\u2028", "\u2029",
          "\u202f", "\u205f", "\u3000"]
CONTROLS = [chr(code) for code in (*range(0x00, 0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010),
                                   *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFE), 0xE000,
                                   0xF8FF,
                                   0x110BD, 0x1D173, 0xE0001, 0xE0041, 0xF0000, 0x10FFFD)]
CODE = ["Array.prototype.flatMap((x) => [x, x * 2])", "std::vector<std::unique_ptr<int>> v{};",
        "for (let i = 0; i < n; i++) { sum += a[i]; }",
        "git commit --amend --no-edit && git push -f", "SELECT name, COUNT(*) FROM users WHERE age >= 18 GROUP BY 1;",
        "def f(x: int | None = None, *args, **kw) -> list[str]: ...", "#include <stdio.h>", "x = y ?? z?.w!; // TODO",
        "<a href=\"/x?y=1&z=2#top\">",
        "@media (min-width: 40em) { .a > .b::after { content: \"\\201C\"; } }",
        "0x80070005 1e-9 3.14159 1_000_000 0b1010 v1.2.3-beta.4+5",
        "C++ C# F# .NET $PATH ~/.bashrc `code` \"quoted\"", "{\"a\":[1,2.5,-3e4,null,true],\"b\":{\"c\":\"\\u00e9\"}}",
        "sed -E 's/([a-z]+)_([a-z]+)/\\2-\\1/g'",
        "λx. x ∘ y ⇒ ∀ε>0 ∃δ: |x−a|<δ", "rm -rf node_modules/ && npm ci", "E=mc² ≠ ½mv² ± 5 µm",
        "§ 12 Abs. 3 Nr. 4 — siehe oben"]
ADDRESSES = ["https://example.org/a/b-c_d?q=%C3%A9&p=1#part-2", "someone.else+tag@mail.example.org",
             "http://[2001:db8::1]:8080/", "ftp://10.0.0.1/",
             "file:///C:/Program%20Files/x.txt", "https://пример.испытание/путь", "data:text/plain;base64,SGVsbG8=",
             "tel:+49-30-1234567",
             "www.example.co.uk/~user/index.html", "/usr/local/lib/python3.11/site-packages",
             "\\\\server\\share\\file.docx", "@scope/package@1.2.3"]
LITERALS = ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]", "##ing", "##", "#", "[", "]", "<s>", "</s>", "<|endoftext|>",
            "▁the", "Ġthe"]
SIGMAS = ["ΣΊΣΥΦΟΣ", "ΟΔΟΣ", "Σ", "ΑΣ.", "ΧΡΟΝΟΣ-", "aΣ", "ΣΣ", "ΜΕΝΕΛΑΟΣ", "σς", "ΦΩΣ", "’ΛΌΓΟΣ’", "Σ\u0301", "ΠΟΣ\u00ad"]
DOTTED = ["İ", "I", "ı", "i", "İİ", "I\u0307", "i\u0307", "ısı", "IŞIK", "DİYARBAKIR", "ǰ", "ŉ", "ẞ", "ß", "ﬁ", "ﬀ", "Ⅳ",
          "Ω", "K", "Å"]

Draw = Callable[[random.Random], str]


def sentence(random_: random.Random) -> str:
    """One or two sentences, as they are or in another case, sometimes cut in the middle."""
    text = " ".join(random_.sample(SENTENCES, random_.randint(1, 2)))
    text = random_.choice([str, str, str.upper, str.lower, str.title, str.swapcase])(text)
    return text[random_.randrange(len(text) // 2) :] if random_.random() < 0.3 else text


def english(random_: random.Random) -> str:
    """Known words with punctuation, numbers and case."""
    parts = [random_.choice([word, word, word.capitalize(), word.upper(), f"{word},", f"({word})", f"{word}'s",
                             f"{word}.", f'"{word}"',
                             f"{word}-{random_.choice(WORDS)}", str(random_.randrange(10**random_.randint(1, 9)))])
             for word in random_.choices(WORDS, k=random_.randint(1, 20))]
    return " ".join(parts)


def scripts(random_: random.Random) -> str:
    """Words of a few blocks, each of its own block."""
    blocks = random_.sample(SCRIPTS, random_.randint(1, 3))
    return " ".join("".join(chr(random_.randint(*random_.choice(blocks))) for _ in range(random_.randint(1, 8)))
                    for _ in range(random_.randint(1, 7)))


def one_script(random_: random.Random) -> str:
    """Characters of one block, with a known word before and after."""
    first, last = random_.choice(SCRIPTS)
    text = "".join(chr(random_.randint(first, last)) for _ in range(random_.randint(1, 20)))
    return f"{random_.choice(WORDS)}{random_.choice(['', ' '])}{text}{random_.choice(['', ' '])}{random_.choice(WORDS)}"


def emoji(random_: random.Random) -> str:
    """Emoji of several code points among and inside of words."""
    return "".join(random_.choice([random_.choice(EMOJI), random_.choice(EMOJI), random_.choice(WORDS), " "])
                   for _ in range(random_.randint(1, 14)))


def controls(random_: random.Random) -> str:
    """Control, format and private characters inside of words."""
    return "".join(random_.choice([random_.choice(CONTROLS), random_.choice(WORDS), random_.choice(WORDS), " "])
                   for _ in range(random_.randint(2, 14)))


def spaces(random_: random.Random) -> str:
    """White space of every kind between words."""
    return "".join(random_.choice(WORDS) + random_.choice(SPACES) * random_.randint(1,
                                                                                    2) for _ in range(random_.randint(1, 8)))


def marks(random_: random.Random) -> str:
    """Letters under heaps of marks, in any order."""
    letters = "aeiounscзиικأしがไа"
    return "".join(random_.choice(letters) + "".join(random_.choices(MARKS,
                                                                     k=random_.choice([0, 0, 1, 1, 2,
                                                                                       5]))) + random_.choice(["", "", " "])
                   for _ in range(random_.randint(1, 20)))


def ideographs(random_: random.Random) -> str:
    """Ideographs of all planes beside letters and each other."""
    blocks = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B81F), (0x2B820, 0x2CEAF),
              (0x2F800, 0x2FA1F), (0x30000, 0x3134A)]
    return "".join(random_.choice([chr(random_.randint(*random_.choice(blocks))),
                                   random_.choice(["a", " ", "的", "人", "、", "カ", "!"])])
                   for _ in range(random_.randint(1, 16)))


def hangul(random_: random.Random) -> str:
    """Syllables, and the same from parts."""
    jamo = [chr(code) for code in (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3),
                                   *range(0x3131, 0x3164))]
    return "".join(random_.choice([chr(random_.randint(0xAC00, 0xD7A3)), random_.choice(jamo),
                                   " "]) for _ in range(random_.randint(1, 24)))


def long_words(random_: random.Random) -> str:
    """Runs around 100 characters, where words become unknown as a whole."""
    unit = random_.choice(["a", "x", "ab", "é", "e\u0301", "中", "𝒳", "😀", "ё", "ไ", "0", "-", "_", "ing", "の", "\u0301"])
    count = random_.choice([90, 99, 100, 101, 102, 150]) // random_.choice([1, len(unit)])
    return random_.choice(["", "see "]) + unit * count + random_.choice(["", " end", "s", "."])


def identifiers(random_: random.Random) -> str:
    """Names in the cases that programs use."""
    parts = random_.choices(WORDS, k=random_.randint(2, 4))
    joined = ["_".join(parts), "-".join(parts), "".join(map(str.capitalize, parts)), "::".join(parts), ".".join(parts),
              "/".join(parts),
              "_".join(parts).upper(), f"--{'-'.join(parts)}={random_.randrange(99)}",
              f"{parts[0]}({', '.join(parts[1:])});"]
    return " ".join(random_.sample(joined, random_.randint(1, 3)))


def any_code_point(random_: random.Random) -> str:
    """Anything that UTF-8 can hold, noncharacters and unassigned code points included."""
    codes = [random_.randrange(random_.choice([0x80, 0x800, 0x3000, 0x10000, 0x20000,
                                               0x110000])) for _ in range(random_.randint(1, 14))]
    return "".join(chr(code) + random_.choice(["", "", "a", " "]) for code in codes if not 0xD800 <= code < 0xE000)


def pieces(*lists: list[str]) -> Draw:
    """Draws from lists, with known words between, joined with or without a blank."""
    def draw(random_: random.Random) -> str:
        parts = [random_.choice([random_.choice(random_.choice(lists)), random_.choice(random_.choice(lists)),
                                 random_.choice(WORDS)])
                 for _ in range(random_.randint(1, 6))]
        return random_.choice(["", " ", " "]).join(parts)
    return draw


KINDS: dict[str, tuple[int, Draw]] = {
    "sentence": (1800, sentence), "english": (1200, english), "scripts": (1200, scripts), "one-script": (1000, one_script),
    "emoji": (500, emoji), "controls": (500, controls), "spaces": (300, spaces), "marks": (500, marks),
    "ideographs": (400, ideographs),
    "hangul": (300, hangul), "long-words": (200, long_words), "identifiers": (400, identifiers),
    "any": (700, any_code_point),
    "code": (300, pieces(CODE)), "addresses": (200, pieces(ADDRESSES)), "literals": (150, pieces(LITERALS)),
    "sigma": (150, pieces(SIGMAS)),
    "dotted": (200, pieces(DOTTED)),
}
"""Kind -> how many lines of it, and how one is drawn."""


def lines() -> list[tuple[str, str]]:
    """Kind and text of every line, always the same."""
    drawn = []
    for kind, (count, draw) in KINDS.items():
        random_ = random.Random(f"{SEED} {kind}")
        drawn += [(kind, draw(random_)) for _ in range(count)]
    return drawn


def encoded(tokenizer_path: Path) -> bytes:
    """The golden file: a compressed line of JSON, `[kind, text, ids]`, for each line of text."""
    tokenizer = Tokenizer.from_file(str(tokenizer_path))
    drawn = lines()
    encodings = tokenizer.encode_batch([text for _, text in drawn], add_special_tokens=False)
    rows = [json.dumps([kind, text, encoding.ids], ensure_ascii=False, separators=(",", ":"))
            for (kind, text), encoding in zip(drawn, encodings, strict=True)]
    return _compressed(rows)


def characters(tokenizer_path: Path) -> bytes:
    """The second golden file: `[first, words]` for each run of code points that a word `a?b` is cut alike for, a line of JSON
    each; NUL in the words stands for the code point itself."""
    tokenizer = Tokenizer.from_file(str(tokenizer_path))
    rows, last = [], None
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        normal = tokenizer.normalizer.normalize_str(f"a{chr(code)}b")
        words = [word.replace(chr(code), "\0") for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]
        if words != last:
            rows.append(json.dumps([code, words], ensure_ascii=False, separators=(",", ":")))
            last = words
    return _compressed(rows)


def _compressed(rows: list[str]) -> bytes:
    # Why no time: the same content gives the same file.
    return gzip.compress("".join(f"{row}\n" for row in rows).encode(), mtime=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, default=Path("../public/models/inkling-instant-v1/tokenizer.json"))
    parser.add_argument("--out", type=Path, default=Path("../tests/golden"), help="folder")
    options = parser.parse_args()
    if not options.tokenizer.exists():
        stop(f"no {options.tokenizer}: run tokenizer.py first")
    for name, content in (("lines", encoded(options.tokenizer)), ("characters", characters(options.tokenizer))):
        path = options.out / f"tokenizer-{name}.jsonl.gz"
        path.write_bytes(content)
        print(f"{len(content):,} bytes in {path}")


if __name__ == "__main__":
    main()
