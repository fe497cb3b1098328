/** The part of a `Window` that the collector uses. What is optional is missing in some browsers. */
export interface CollectedPage {
  addEventListener(type: string, listener: (event: Event) => void, options: ListenerOptions): void;
  removeEventListener(type: string, listener: (event: Event) => void, options: ListenerOptions): void;
  document: { readonly hidden: boolean };
  performance: { now(): number };
  navigator: { webdriver?: boolean };
  crypto?: { getRandomValues(bytes: Uint8Array): unknown };
  matchMedia?(query: string): { matches: boolean };
  devicePixelRatio?: number;
  innerWidth?: number;
  innerHeight?: number;
  outerWidth?: number;
  outerHeight?: number;
  screenY?: number;
  requestIdleCallback?(run: () => void): unknown;
  setTimeout?(run: () => void, milliseconds: number): unknown;
  readonly scrollY: number;
}

export interface ListenerOptions {
  capture: true;
  passive: true;
}

/** Runs a listener of one type of event while a collector collects. */
export type Listen = <Kind extends Event>(type: string, listener: (event: Kind, t: number) => void) => void;
