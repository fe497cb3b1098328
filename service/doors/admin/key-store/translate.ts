import type { KeyPlaceReport } from '../../../engine/keys/index.ts';
import { time } from '../../../lib/time.ts';
import type { PlaceReply } from './wire.ts';

export const fromPlace = ({ since, addedAt, ...rest }: KeyPlaceReport): PlaceReply => ({
  ...rest,
  since: since === undefined ? undefined : time(since),
  addedAt: time(addedAt),
});
