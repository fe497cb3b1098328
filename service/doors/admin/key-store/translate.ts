import type { KeyCustody, KeyPlaceReport } from '../../../engine/keys/index.ts';
import { time } from '../../../lib/time.ts';
import type { PlaceReply, SigningKeyReply } from './wire.ts';

export const fromSigningKey = ({
  until,
  ...key
}: ReturnType<KeyCustody['signingKeys']>[number]): SigningKeyReply => ({ ...key, until: time(until) });

export const fromPlace = ({ since, addedAt, ...rest }: KeyPlaceReport): PlaceReply => ({
  ...rest,
  since: since === undefined ? undefined : time(since),
  addedAt: time(addedAt),
});
