import type { Signals } from './signals.ts';

/** The script `/sdk/gatehouse.js`, where the page has it. */
interface PageScript {
  Huma?: { debug?(): { features?: unknown } | undefined };
}

export function startCollecting(): void {}

export const isCollecting = (): boolean => featuresOfPage() !== undefined;

/** Undefined outside of a page, and where nothing collects. */
export function featuresOfPage(): Signals | undefined {
  const features = (globalThis as PageScript).Huma?.debug?.()?.features;
  return typeof features === 'object' && features !== null ? features : undefined;
}
