import { fillOnce } from '../hidden-field.ts';
import { sharedCollector } from '../shared-collector.ts';
import { createHuma, type Huma } from './huma.ts';

const place = Symbol.for('gatehouse.script');

declare global {
  interface Window {
    Huma?: Huma;
    Gatehouse?: Huma;
    /** Address of the appliance, where the script itself comes from elsewhere. */
    HUMA_BASE_URL?: string;
    [place]?: Huma;
  }
}

/** Collects from now on, fills hidden fields, and sets `Huma` and `Gatehouse` of the page, once. */
export function installHuma(scriptAddress?: string): Huma {
  // Not asked of `Gatehouse`: an element with that id, or a frame with that name, is there too.
  const loaded = window[place];
  if (loaded) return loaded;
  const collector = sharedCollector();
  collector.start();
  fillOnce(document, collector);
  const { HUMA_BASE_URL: given } = window;
  const home = scriptAddress ? new URL('..', scriptAddress).href : location.origin;
  const huma = createHuma(collector, typeof given === 'string' ? given : home);
  return Object.assign(window, { Huma: huma, Gatehouse: huma, [place]: huma })[place];
}
