import { type Collector, createCollector } from './collector.ts';

const place = Symbol.for('gatehouse.collector');
const page = globalThis as { [place]?: Collector };

/** One collector for a page, shared by the script `/sdk/gatehouse.js` and the package, whichever of the two comes first. */
export function sharedCollector(): Collector {
  page[place] ??= createCollector();
  return page[place];
}

export const collectorOfPage = (): Collector | undefined => page[place];
