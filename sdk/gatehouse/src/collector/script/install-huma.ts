import { createCollector } from '../collector.ts';
import { fillOnce } from '../hidden-field.ts';
import { sharedCollector } from '../shared-collector.ts';
import { createHuma, type Huma } from './huma.ts';

declare global {
  interface Window {
    Huma?: Huma;
    Gatehouse?: Huma;
    /** Address of the appliance, where the script itself comes from elsewhere. */
    HUMA_BASE_URL?: string;
  }
}

/** Collects from now on, fills hidden fields, and sets `Huma` and `Gatehouse` of the page, once. On a server it does nothing of it. */
export function installHuma(scriptAddress?: string): Huma {
  if (typeof window === 'undefined') return createHuma(createCollector(), '');
  if (window.Gatehouse) return window.Gatehouse;
  const home = scriptAddress ? new URL('..', scriptAddress).href : location.origin;
  const collector = sharedCollector();
  collector.start();
  fillOnce(document, collector);
  const huma = createHuma(collector, window.HUMA_BASE_URL ?? home);
  window.Huma = huma;
  window.Gatehouse = huma;
  return huma;
}
