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
}

/** A label and a value each. */
export interface Item {
  title?: string;
  facts: readonly (readonly [label: string, value: string])[];
}
