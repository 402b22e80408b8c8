/** Bytes in which a page must name its encoding, as browsers look for it. */
const prescanBytes = 1024;

/**
 * Decodes a page: by its byte order mark, the encoding that came with it, the one it names, or as UTF-8. What claims to be UTF-8 and mostly is not,
 * is read as Windows-1252, which never fails.
 *
 * @param contentType - value of the HTTP header; `""` where there is none.
 */
export function decodeHtml(bytes: Uint8Array, contentType = ""): string {
  const named = findByteOrderMark(bytes) ?? findCharset(contentType) ?? findNamedEncoding(bytes) ?? "utf-8";
  if (named === "utf-8") return decodeUtf8(bytes);
  return named === "windows-1252" ? decodeWindows1252(bytes) : new TextDecoder(named).decode(bytes);
}

/** Decodes text whose encoding is not named: UTF-8, or Windows-1252 where it mostly is not. */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8").decode(bytes);
  const unreadable = count(text, /\ufffd/g);
  return unreadable > 0 && unreadable > count(text, /[^\0-\x7f\ufffd]/gu) ? decodeWindows1252(bytes) : text;
}

/** Characters of the bytes 0x80 to 0x9f; where Windows-1252 has none, the control character stays. */
const windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** Why: Node before 23.7 decodes Windows-1252 as Latin-1, which has control characters for these bytes. */
function decodeWindows1252(bytes: Uint8Array): string {
  const text = new TextDecoder("windows-1252").decode(bytes);
  return text.replace(/[\u0080-\u009f]/g, (control) => windows1252[control.charCodeAt(0) - 0x80]!);
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function findByteOrderMark([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xff && second === 0xfe ? "utf-16le" : undefined;
}

/** Encoding in the value of a `content-type` header, as `TextDecoder` calls it. */
function findCharset(contentType: string): string | undefined {
  const label = /;\s*charset\s*=\s*["']?\s*([^\s"';]+)/i.exec(contentType)?.[1];
  return label === undefined ? undefined : canonicalName(label, true);
}

/** Encoding of `<meta charset>`, `<meta http-equiv>` or an XML declaration, as `TextDecoder` calls it. */
function findNamedEncoding(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder("windows-1252").decode(bytes.subarray(0, prescanBytes));
  const meta = /<meta\s[^>]*?charset\s*=\s*["']?\s*([^\s"'/>;]+)/i.exec(start);
  const declaration = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"']+)/i.exec(start);
  const label = (meta ?? declaration)?.[1];
  return label === undefined ? undefined : canonicalName(label);
}

function canonicalName(label: string, mayBeUtf16 = false): string | undefined {
  try {
    const name = new TextDecoder(label).encoding;
    // Why: whoever could read the name in ASCII is not reading UTF-16; the HTML standard says the same.
    return name.startsWith("utf-16") && !mayBeUtf16 ? "utf-8" : name;
  } catch {
    return undefined;
  }
}
