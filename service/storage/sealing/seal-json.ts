import type { SealedPlace, Sealer } from './sealed.ts';

const VERSION = 1;

/** What an audit line or an event says of a person: JSON under that person's key, so that erasing the person reaches it. */
export const sealJson = (
  sealer: Pick<Sealer, 'seal'>,
  place: Omit<SealedPlace, 'version'>,
  values: object,
): Promise<Uint8Array> =>
  sealer.seal({ ...place, version: VERSION }, new TextEncoder().encode(JSON.stringify(values)));
