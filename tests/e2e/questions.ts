/** A question as a visitor would ask it, and the place in the guide that answers it. */
export interface Question {
  readonly question: string;
  readonly page: string;
  /** `id` of the section's heading. */
  readonly anchor: string;
}

/** Each shares no content word with the title of its page. */
export const questions: readonly Question[] = [
  {
    question: "does what my visitors type get sent to somebody's computer?",
    page: "storage-and-privacy.html",
    anchor: "what-leaves-the-browser",
  },
  { question: "how much disk space will it take", page: "storage-and-privacy.html", anchor: "how-much-room-it-takes" },
  {
    question: "somebody logs out, how do I wipe what they had open",
    page: "storage-and-privacy.html",
    anchor: "shared-computers-and-logging-out",
  },
  { question: "get rid of a page that was deleted", page: "keeping-fresh.html", anchor: "remove-documents" },
  {
    question: "what if someone has the site open in two tabs",
    page: "keeping-fresh.html",
    anchor: "two-tabs-at-the-same-time",
  },
  { question: "can I host it on GitHub Pages or nginx", page: "drop-in.html", anchor: "put-the-files-on-a-host" },
  { question: "which languages besides English are understood", page: "limits.html", anchor: "languages" },
  { question: "cancel a long import half way through", page: "adding-documents.html", anchor: "stopping-half-way" },
  { question: "will this make my website slow", page: "faq.html", anchor: "will-it-slow-my-page-down" },
  {
    question: "does it run on a train without internet",
    page: "faq.html",
    anchor: "does-it-work-without-a-connection",
  },
  { question: "may I use it commercially, what does it cost", page: "faq.html", anchor: "is-it-free" },
  {
    question: "how are keyword matching and meaning combined",
    page: "how-it-works.html",
    anchor: "two-rankings-become-one",
  },
  { question: "how many words can I paste into the box", page: "querying.html", anchor: "very-long-questions" },
  { question: "does it need a modern phone or a graphics card", page: "limits.html", anchor: "devices" },
  { question: "check how accurate the ranking is", page: "command-line.html", anchor: "measure-quality" },
  {
    question: "display a progress bar while loading",
    page: "getting-started.html",
    anchor: "show-that-something-is-going-on",
  },
  {
    question: "support for screen readers and people without a mouse",
    page: "showing-results.html",
    anchor: "make-it-work-for-everybody",
  },
];
