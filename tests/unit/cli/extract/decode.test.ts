import { describe, expect, test } from "vitest";
import { decodeHtml } from "../../../../src/extract/decode.ts";

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

describe("decodeHtml", () => {
  test.each([
    ["UTF-8 without a word about it", utf8("né €"), "né €"],
    ["a UTF-8 byte order mark, which goes", join(Uint8Array.of(0xef, 0xbb, 0xbf), utf8("né")), "né"],
    ["UTF-16, little end first", Uint8Array.of(0xff, 0xfe, 0x6e, 0, 0xe9, 0), "né"],
    ["UTF-16, big end first", Uint8Array.of(0xfe, 0xff, 0, 0x6e, 0, 0xe9), "né"],
    ["meta charset", latin1("<meta charset=iso-8859-1>n\xe9"), "<meta charset=iso-8859-1>né"],
    [
      "http-equiv",
      latin1('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">\xc4\xe0'),
      '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">Да',
    ],
    [
      "an XML declaration",
      latin1('<?xml version="1.0" encoding="ISO-8859-2"?>\xb3'),
      '<?xml version="1.0" encoding="ISO-8859-2"?>ł',
    ],
    ["Shift_JIS", join(latin1("<meta charset=shift_jis>"), Uint8Array.of(0x93, 0xfa)), "<meta charset=shift_jis>日"],
    ["an unknown charset as if none were named", utf8("<meta charset=klingon>né"), "<meta charset=klingon>né"],
    ["UTF-16 named in ASCII as UTF-8", utf8("<meta charset=utf-16>né"), "<meta charset=utf-16>né"],
    ["what is no UTF-8 as Windows-1252", latin1("n\xe9 \x80 \x93q\x94"), "né € “q”"],
    ["what only claims to be UTF-8, too", latin1("<meta charset=utf-8>n\xe9"), "<meta charset=utf-8>né"],
    ["UTF-8 with one bad byte as UTF-8", join(utf8("né à ü "), Uint8Array.of(0xff)), "né à ü \ufffd"],
    ["nothing", Uint8Array.of(), ""],
  ])("reads %s", (_, bytes, text) => expect(decodeHtml(bytes)).toBe(text));

  test.each([
    [
      "the header wins over the page",
      latin1("<meta charset=utf-8>\xb3"),
      "text/html; charset=ISO-8859-2",
      "<meta charset=utf-8>ł",
    ],
    [
      "a byte order mark wins over the header",
      join(Uint8Array.of(0xef, 0xbb, 0xbf), utf8("né")),
      "text/html;charset=koi8-r",
      "né",
    ],
    ["UTF-16 by header", Uint8Array.of(0x6e, 0, 0xe9, 0), 'text/html; Charset="utf-16le"', "né"],
    [
      "an unknown one in the header is none",
      latin1("<meta charset=koi8-r>\xc4"),
      "text/html; charset=klingon",
      "<meta charset=koi8-r>д",
    ],
    ["no charset in the header", utf8("né"), "text/html", "né"],
  ])("%s", (_, bytes, contentType, text) => expect(decodeHtml(bytes, contentType)).toBe(text));
});
