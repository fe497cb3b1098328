import { type Collector, createCollector } from '../collector/collector.ts';
import type { Signals } from './signals.ts';

/** One collector for a page, shared with the script `/sdk/gatehouse.js`, whichever of the two comes first. */
const place = Symbol.for('gatehouse.collector');
const page = globalThis as { [place]?: Collector };

/** Listens, passively, from now on. On a server it does nothing. */
export function startCollecting(): void {
  if (typeof document === 'undefined') return;
  page[place] ??= createCollector();
  page[place].start();
}

export const isCollecting = (): boolean => page[place]?.debug().collecting === true;

/** To be sent: each time with the next number. Undefined where nothing collects, as on a server. */
export const featuresOfPage = (): Signals | undefined => page[place]?.snapshot();
