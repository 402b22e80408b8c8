import { expect, test } from "vitest";
import { detectLanguage } from "../../../src/extract/detect-language.ts";

const german =
  "Die Bibliothek ist werktags von neun bis achtzehn Uhr geöffnet. Wer ein Buch ausleihen möchte, braucht einen Ausweis, " +
  "den man am Eingang bekommt. Bücher können drei Wochen behalten und einmal verlängert werden, wenn niemand darauf wartet.";
const french =
  "La bibliothèque est ouverte en semaine de neuf heures à dix-huit heures. Pour emprunter un livre, il faut une carte que " +
  "l’on obtient à l’entrée. Les livres peuvent être gardés trois semaines, et une fois de plus si personne ne les attend.";
const english =
  "The library is open on weekdays from nine until six in the evening. Whoever wants to borrow a book needs a card, which " +
  "is given out at the entrance. Books may be kept for three weeks, and for three more if nobody is waiting for them.";
const japanese =
  "図書館は平日の九時から十八時まで開いています。本を借りるには入口でもらえる利用カードが必要です。".repeat(6);

test.each([
  ["de", german],
  ["fr", french],
  ["en", english],
  ["ja", japanese],
  ["", german.slice(0, 100)],
  ["", "0x00 0xff 12 == 13 {} [] ;; ".repeat(40)],
])("%j", (lang, text) => {
  expect(detectLanguage({ url: "a", sections: [{ heading: "", level: 1, text }] })).toBe(lang);
});

test("code between sentences does not count", () => {
  const code = "const x = (a, b) => a.map((c) => c + b[0]);\n".repeat(40);
  expect(detectLanguage({ url: "a", sections: [{ heading: "", level: 1, text: `${code}${german}` }] })).toBe("de");
});
