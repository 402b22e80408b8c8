import type { Document } from "inkling-search";

/** Pages of a small handbook, each about one thing. */
export const handbook: readonly Document[] = [
  {
    url: "/handbook/leave",
    title: "Taking leave",
    lang: "en",
    attributes: { department: "people", year: 2026 },
    sections: [
      {
        text: "Everyone has thirty days of paid holiday a year. Unused days move into the next spring and lapse at the end of March.",
      },
      {
        heading: "When you are ill",
        level: 2,
        anchor: "ill",
        text: "Tell your team in the morning and stay in bed. From the fourth day on we need a note from a doctor.",
      },
      {
        heading: "A new child",
        level: 2,
        anchor: "child",
        text: "Both parents may stay at home for up to fourteen months. The desk and the contract wait for them.",
      },
    ],
  },
  {
    url: "/handbook/laptop",
    title: "Your computer",
    lang: "en",
    sections: [
      {
        heading: "Encryption",
        level: 2,
        anchor: "encryption",
        text: "Disks are encrypted with LUKS. Never write the passphrase on paper; keep it in the password manager.",
      },
      {
        heading: "Lost or stolen",
        level: 2,
        anchor: "lost",
        text: "Call the service desk at once, at any hour. They wipe the machine from afar and send you another one by courier. The error code is E0308.",
      },
    ],
  },
  {
    url: "/handbook/kitchen",
    title: "The kitchen",
    lang: "en",
    text: "Coffee is free. Whoever takes the last cup makes a new pot. The dishwasher runs at six in the evening; please put your plates into it before you leave.",
  },
  {
    url: "/handbuch/reise",
    title: "Dienstreisen",
    lang: "de",
    text: "Wir fahren mit der Bahn, wo es geht. Wer länger als sechs Stunden unterwegs ist, darf in der ersten Klasse sitzen. Belege bitte innerhalb von zwei Wochen einreichen.",
  },
];

const subjects = ["The harbour", "A lighthouse", "Our ferry", "The old crane", "That pilot boat", "The customs shed"];
const verbs = ["reports", "repairs", "measures", "records", "watches", "replaces"];
const objects = [
  "the tide table",
  "a broken buoy",
  "every incoming vessel",
  "the fog signal",
  "its oil lamps",
  "the quay wall",
];
const places = [
  "before sunrise",
  "on the northern pier",
  "in heavy weather",
  "at low water",
  "behind the breakwater",
  "after the storm",
];

function sentence(seed: number): string {
  const pick = (words: readonly string[], step: number): string => words[Math.floor(seed / step) % words.length] ?? "";
  return `${pick(subjects, 1)} ${pick(verbs, 6)} ${pick(objects, 36)} ${pick(places, 216)}.`;
}

/**
 * Documents to keep the worker busy with: `count` pages of several passages each, all different, always the same.
 * The first section of page i holds the word `first<i>x`, its last the word `last<i>x`.
 */
export function manyDocuments(count: number, from = 0): Document[] {
  return Array.from({ length: count }, (_, i) => makeDocument(from + i));
}

function makeDocument(i: number): Document {
  const sections = Array.from({ length: 6 }, (_, part) => ({
    heading: `Part ${part} of log ${i}`,
    level: 2,
    anchor: `part-${part}`,
    text: Array.from({ length: 12 }, (_, line) => sentence(i * 72 + part * 12 + line)).join(" "),
  }));
  const mark = (part: number, word: string): void => {
    const section = sections[part];
    if (section !== undefined) section.text += ` Mark ${word}.`;
  };
  mark(0, `first${i}x`);
  mark(5, `last${i}x`);
  return { url: `/log/${i}`, title: `Log ${i}`, lang: "en", sections };
}
