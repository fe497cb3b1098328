import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { personBound } from '../keys/wrapped-key.ts';
import { formatOf } from './aes-gcm.ts';
import { formatAt, type SealContext, valueBound } from './person-values.ts';
import type { Resealed } from './reseal.ts';
import { openResealing } from './resealing.ts';
import type { TemplateTransforms } from './template-transform.ts';
import { readWrapped, unknownGeneration, type WrappedPersonsDeps } from './value-opener.ts';

/** A pass over an organization's vectors, which are put under another rotation. Remembers no person's key. */
export interface Rotation {
  /** Each sealed for its new context, in order; undefined where it does not open, or the secret of its rotation (`from`) is gone. */
  rotate(values: readonly RotatedValue[]): Promise<Resealed>;
  close(): Promise<unknown>;
}

interface RotatedValue {
  context: SealContext;
  sealed: Uint8Array;
  from: number;
  anew: SealContext;
}

interface RotationDeps extends WrappedPersonsDeps {
  transforms: Pick<TemplateTransforms, 'secrets'>;
}

/** `full`: as `openResealing`. */
export function openRotation(
  { keys, organizations, transforms }: RotationDeps,
  { organization, generation, full }: { organization: OrganizationId; generation: number; full: number },
): Rotation {
  const { reseal, close } = openResealing(full);

  /** A vector whose key were left out would stay under a secret that is destroyed. */
  async function wrappedKeys(subjects: readonly SubjectId[]) {
    const rows = await readWrapped({ keys, organizations }, subjects);
    return new Map(
      rows.map((row) => {
        const key = organizations.wrappingKey(organization, row.generation);
        if (key === undefined) throw unknownGeneration(row.subject);
        return [row.subject, { ...row, key }];
      }),
    );
  }

  return {
    async rotate(values) {
      const wrapped = await wrappedKeys([...new Set(values.map(({ context }) => context.subject))]);
      return reseal({
        is: 'rotate',
        keys: new Map([...wrapped.values()].map(({ generation: one, key }) => [one, key])),
        secrets: transforms.secrets(organization),
        to: generation,
        rows: values.map(({ context, sealed, from, anew }) => {
          const own = wrapped.get(context.subject);
          return {
            key: own && {
              generation: own.generation,
              wrapped: own.wrapped,
              bound: personBound(organization, context.subject),
            },
            sealed,
            bound: valueBound(context, formatOf(sealed)),
            from,
            anew: { bound: valueBound(anew, formatAt(anew)), format: formatAt(anew) },
          };
        }),
      });
    },
    close,
  };
}
