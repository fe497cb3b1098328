// What the appliance serves as /sdk/gatehouse.js: it collects from the moment in which it is loaded.
import { createCollector } from '../collector.ts';
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

if (!window.Gatehouse) {
  const { src } = (document.currentScript ?? {}) as Partial<HTMLScriptElement>;
  const home = src ? new URL('..', src).href : location.origin;
  const collector = createCollector();
  const huma = createHuma(collector, () => (window.HUMA_BASE_URL ?? home).replace(/\/+$/, ''));
  collector.start();
  fillHiddenFields(document, collector);
  window.Huma = huma;
  window.Gatehouse = huma;
}
