// What the appliance serves as /sdk/gatehouse.js: it collects from the moment in which it is loaded.
import { type Collector, createCollector } from '../collector.ts';
import { fillHiddenFields } from '../hidden-field.ts';
import { createHuma } from './huma.ts';

declare global {
  interface Window {
    Huma?: ReturnType<typeof createHuma>;
    Gatehouse?: ReturnType<typeof createHuma>;
    /** Address of the appliance, where the script itself comes from elsewhere. */
    HUMA_BASE_URL?: string;
  }
}

/** One collector for a page, shared with `@gatehouse/sdk/huma`, whichever of the two comes first. */
const SHARED = Symbol.for('gatehouse.collector');

if (!window.Gatehouse) {
  const { src } = (document.currentScript ?? {}) as Partial<HTMLScriptElement>;
  const home = src ? new URL('..', src).href : location.origin;
  const shared = window as { [SHARED]?: Collector };
  shared[SHARED] ??= createCollector();
  const collector = shared[SHARED];
  collector.start();
  fillHiddenFields(document, collector);
  const huma = createHuma(collector, window.HUMA_BASE_URL ?? home);
  window.Huma = huma;
  window.Gatehouse = huma;
}
