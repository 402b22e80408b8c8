import type { PassageVectors, VectorPassage } from "inkling-search";
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  PointElement,
  ScatterController,
  Tooltip,
} from "chart.js";
import { projectToPlane } from "./project.ts";
import type { TierScores } from "./tier-scores.ts";

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, PointElement, ScatterController, Tooltip);

/** Share of the plot's width for a title beside a bar, and the width of its characters, in CSS pixels. */
const labelShare = 0.4;
const characterWidth = 6.5;

/** A colour of the style sheet, as the canvas wants it. */
function readColor(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function setDefaults(): void {
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.color = readColor("ink");
  Chart.defaults.borderColor = readColor("rule");
  Chart.defaults.font.family = getComputedStyle(document.querySelector(".toc, .sidebar") ?? document.body).fontFamily;
}

/** Draws again whenever the system's colours change. @returns what ends that. */
function onColors(draw: () => void): () => void {
  const colors = matchMedia("(prefers-color-scheme: dark)");
  colors.addEventListener("change", draw);
  return () => colors.removeEventListener("change", draw);
}

/** The plot of an index: passages in the plane. */
export class PassagePlot {
  readonly #canvas: HTMLCanvasElement;
  readonly #onChoose: (passage: VectorPassage) => void;
  #chart: Chart<"scatter"> | null = null;
  #passages: readonly VectorPassage[] = [];
  #points: { x: number; y: number }[] = [];
  #found: ReadonlySet<string> = new Set();

  /** @param onChoose - is told which dot was clicked on. */
  constructor(canvas: HTMLCanvasElement, onChoose: (passage: VectorPassage) => void) {
    this.#canvas = canvas;
    this.#onChoose = onChoose;
    onColors(() => this.#draw());
  }

  /** Shows an index. */
  show({ passages, vectors, dim }: PassageVectors): void {
    const plane = projectToPlane(vectors, dim);
    this.#passages = passages;
    this.#points = passages.map((_, row) => ({ x: plane[row * 2]!, y: plane[row * 2 + 1]! }));
    this.#found = new Set();
    this.#draw();
  }

  /** Marks the passages of these pages. */
  mark(urls: Iterable<string>): void {
    this.#found = new Set(urls);
    this.#draw();
  }

  #draw(): void {
    this.#chart?.destroy();
    setDefaults();
    const isFound = (index: number): boolean => this.#found.has(this.#passages[index]!.url);
    const all = this.#points.map((point, index) => ({ ...point, index }));
    const group = (label: string, color: string, radius: number, found: boolean) => ({
      label,
      data: all.filter(({ index }) => isFound(index) === found),
      backgroundColor: color,
      pointRadius: radius,
      pointHoverRadius: radius + 2,
    });
    const hidden = { ticks: { display: false }, border: { display: false }, title: { display: false } };
    this.#chart = new Chart(this.#canvas, {
      type: "scatter",
      data: {
        datasets: [
          group("in pages that answer", readColor("accent"), 5, true),
          group("other passages", readColor("faint"), 3, false),
        ],
      },
      options: {
        scales: { x: hidden, y: hidden },
        plugins: {
          legend: { position: "bottom" },
          tooltip: { callbacks: { label: ({ raw }) => this.#label((raw as { index: number }).index) } },
        },
        onClick: (_, [element]) => {
          const point =
            element && all.filter(({ index }) => isFound(index) === (element.datasetIndex === 0))[element.index];
          if (point) this.#onChoose(this.#passages[point.index]!);
        },
      },
    });
  }

  #label(index: number): string {
    const { title, section, url } = this.#passages[index]!;
    return [title || url, section].filter(Boolean).join(" › ");
  }
}

/** The plot of scores: bars for each page and tier. */
export class ScorePlot {
  readonly #canvas: HTMLCanvasElement;
  #chart: Chart<"bar"> | null = null;
  #scores: readonly TierScores[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    onColors(() => this.#draw());
  }

  show(scores: readonly TierScores[]): void {
    this.#scores = scores;
    this.#draw();
  }

  #draw(): void {
    this.#chart?.destroy();
    setDefaults();
    const bars = (label: string, color: string, tier: "words" | "meaning" | "fused") => ({
      label,
      data: this.#scores.map((each) => each[tier]),
      backgroundColor: readColor(color),
    });
    const length = Math.floor((labelShare * this.#canvas.parentElement!.clientWidth) / characterWidth);
    const labels = this.#scores.map(({ title }) => (title.length > length ? `${title.slice(0, length - 1)}…` : title));
    this.#chart = new Chart(this.#canvas, {
      type: "bar",
      data: {
        labels,
        datasets: [
          bars("words", "muted", "words"),
          bars("meaning", "warm", "meaning"),
          bars("both", "accent", "fused"),
        ],
      },
      options: {
        indexAxis: "y",
        scales: {
          x: { min: 0, max: 1, ticks: { stepSize: 0.25, callback: (value) => `${Math.round(100 * Number(value))} %` } },
          y: { grid: { display: false } },
        },
        plugins: { legend: { position: "bottom" } },
      },
    });
  }
}
