import { fillOnce } from '../collector/hidden-field.ts';
import { collectorOfPage, sharedCollector } from '../collector/shared-collector.ts';
import type { Signals } from './signals.ts';

/** Listens, passively, from now on, and fills hidden fields `huma_signals`. On a server it does nothing. */
export function startCollecting(): void {
  if (typeof document === 'undefined') return;
  const collector = sharedCollector();
  collector.start();
  fillOnce(document, collector);
}

export const isCollecting = (): boolean => collectorOfPage()?.debug().collecting === true;

/** To be sent: each time with the next number. Undefined where nothing collects, as on a server. */
export const featuresOfPage = (): Signals | undefined => collectorOfPage()?.snapshot();
