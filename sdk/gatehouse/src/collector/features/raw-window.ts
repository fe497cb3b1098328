/** Where the mouse was: milliseconds of any one clock, CSS pixels. */
export interface PointerSample {
  t: number;
  x: number;
  y: number;
}

export type PointerKind = 'mouse' | 'pen' | 'touch';

/** One press of a pointer button, or one touch. */
export interface Press {
  t: number;
  x: number;
  y: number;
  kind: PointerKind;
  /** Milliseconds until the release; absent: not released yet, or released elsewhere. */
  held?: number;
  /** From the center of the pressed element, in widths and heights of it: -0.5 to 0.5. Absent: the page itself was pressed, or no element is known. */
  offset?: { x: number; y: number; width: number; height: number };
  /** An accessibility action made it: a screen reader, voice control or a switch pressed the element. */
  aided?: boolean;
  /** The page reached beyond the edge of its window: a debugger made up its size. */
  beyond?: boolean;
}

/** One stroke of a key. Modifiers and repeats of a held key are not strokes. */
export interface Stroke {
  down: number;
  /** Absent: not released yet, or not measured (soft keyboard). */
  up?: number;
  /** The same key as the stroke before: tapping, which is as regular as a program's typing. */
  again?: boolean;
}

/** Text that arrived in a field as if typed. Autofill, composition (IME), drop and paste are not among these. */
export interface Typed {
  t: number;
  /** Whether a key went down since the text before. */
  keyed: boolean;
}

export interface ScrollStep {
  t: number;
  /** Pixels from the top. */
  y: number;
}

/** A field of the page, or its window, got the focus; the window also where it lost it. */
export interface FocusChange {
  t: number;
  of: 'field' | 'window';
}

/** Raw material of one window, oldest first. It never leaves the page. */
export interface RawWindow {
  from: number;
  to: number;
  moves: readonly PointerSample[];
  presses: readonly Press[];
  strokes: readonly Stroke[];
  typed: readonly Typed[];
  scrolls: readonly ScrollStep[];
  /** Absent: not collected. */
  focuses?: readonly FocusChange[];
  /** Times of all events of the window, in order. */
  times: Iterable<number>;
}
