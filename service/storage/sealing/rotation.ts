import type { KeyObject } from 'node:crypto';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { personBound, type WrappedPersonKey } from '../keys/wrapped-key.ts';
import { formatOf } from './aes-gcm.ts';
import { formatAt, type SealedPlace, valueBound } from './person-values.ts';
import type { Resealed } from './reseal.ts';
import { openResealing } from './resealing.ts';
import type { TemplateTransforms } from './template-transform.ts';

/** A pass over an organization's vectors, which are put under another rotation. Remembers no person's key. */
export interface Rotation {
  /** Each sealed for its new place, in order; undefined where it does not open, or the secret of its rotation (`from`) is gone. */
  rotate(values: readonly RotatedValue[]): Promise<Resealed>;
  close(): Promise<unknown>;
}

interface RotatedValue {
  place: SealedPlace;
  sealed: Uint8Array;
  from: number;
  anew: SealedPlace;
}

interface RotationDeps {
  keys: Pick<KeyStore, 'persons'>;
  wrappingKey(organization: OrganizationId, generation: number): KeyObject | undefined;
  transforms: Pick<TemplateTransforms, 'secrets'>;
}

/** `full`: as `openResealing`. */
export function openRotation(
  { keys, wrappingKey, transforms }: RotationDeps,
  { organization, generation, full }: { organization: OrganizationId; generation: number; full: number },
): Rotation {
  const { reseal, close } = openResealing(full);

  /** A key that was rewrapped since it was read is read again: the vector would else stay under a secret that is destroyed. */
  async function wrappedKeys(subjects: readonly SubjectId[], again = false) {
    const found = new Map<SubjectId, WrappedPersonKey>();
    const moved: SubjectId[] = [];
    for (const row of await keys.persons(subjects)) {
      if (wrappingKey(organization, row.generation)) found.set(row.subject, row);
      else moved.push(row.subject);
    }
    if (moved.length > 0 && again)
      throw new Error(`The key of ${moved[0]} names a generation that its organization does not have.`);
    if (moved.length > 0)
      for (const [subject, row] of await wrappedKeys(moved, true)) found.set(subject, row);
    return found;
  }

  return {
    async rotate(values) {
      const wrapped = await wrappedKeys([...new Set(values.map(({ place }) => place.subject))]);
      const generations = new Set([...wrapped.values()].map((row) => row.generation));
      return reseal({
        is: 'rotate',
        keys: new Map([...generations].map((one) => [one, wrappingKey(organization, one)!])),
        secrets: transforms.secrets(organization),
        to: generation,
        rows: values.map(({ place, sealed, from, anew }) => {
          const own = wrapped.get(place.subject);
          return {
            key: own && {
              generation: own.generation,
              wrapped: own.wrapped,
              bound: personBound(organization, place.subject),
            },
            sealed,
            bound: valueBound(place, formatOf(sealed)),
            from,
            anew: { bound: valueBound(anew, formatAt(anew)), format: formatAt(anew) },
          };
        }),
      });
    },
    close,
  };
}
