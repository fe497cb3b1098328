import type { Gatehouse } from '../compose/compose.ts';
import type { CapturePageDeps } from '../doors/capture-page/index.ts';

/** Origins whose pages may open or embed the page at an address. */
export const frameOrigins =
  ({
    liveSessions,
    liveLinks,
  }: Pick<Gatehouse, 'liveSessions' | 'liveLinks'>): CapturePageDeps['originsOf'] =>
  async (place) =>
    'session' in place
      ? liveSessions.originsOf(place.session)
      : ((await liveLinks[place.kind]?.originsOf?.(place.token)) ?? []);
