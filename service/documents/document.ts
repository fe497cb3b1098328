/** A document for people, as data: how it is printed is not the caller's affair. */
export interface PrintedDocument {
  title: string;
  /** Under the title: the kind of document, its person and its date. */
  lead: readonly string[];
  /** At the foot of each page, beside its number: when and by what it was printed. */
  foot: string;
  sections: readonly Section[];
}

export interface Section {
  heading: string;
  /** What the section is, or why it is empty. */
  note?: string;
  items: readonly Item[];
  chart?: Chart;
  table?: Table;
  /** A list below everything else of the section. */
  points?: { title: string; lines: readonly string[] };
}

/** Shares from 0 to 1 as bars, each with the interval in which it lies. */
export interface Chart {
  /** What it shows, over the bars. */
  finding: string;
  goal?: { value: number; label: string };
  bars: readonly { label: string; value: number; from: number; to: number }[];
}

/** Its head is repeated on each page; the first column is the heading of its row. */
export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** A label and a value each. */
export interface Item {
  title?: string;
  facts: readonly (readonly [label: string, value: string])[];
}
