import type { Gatehouse } from '../compose/compose.ts';
import type { CapturePageDeps } from '../doors/capture-page/index.ts';

/** Origins whose pages may open or embed the page at an address. */
export const frameOrigins =
  ({ liveSessions, orders }: Pick<Gatehouse, 'liveSessions' | 'orders'>): CapturePageDeps['originsOf'] =>
  async (place) => {
    if ('session' in place) return liveSessions.originsOf(place.session);
    return place.kind === 'handover' ? [] : ((await orders.links[place.kind].originsOf?.(place.token)) ?? []);
  };
