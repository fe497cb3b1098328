import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { idOf } from './ids.ts';

const letters = { verification: 'V', session: 'S' } as const;
type Referenced = keyof typeof letters;

/** Several things end in the same six characters hardly ever: more than these are not named. */
const SHOWN = 20;

/** The short code that a person was shown: `V-EEF098`, or its six characters alone. */
export const referenceTo = (thing: Referenced) =>
  z
    .string()
    .regex(
      new RegExp(`^(${letters[thing]}-)?[0-9a-z]{6}$`, 'i'),
      `It must be a reference such as ${letters[thing]}-EEF098.`,
    )
    .describe(
      `Reference that the person was shown, such as \`${letters[thing]}-EEF098\`: the last six characters of the id`,
    );

/** As ids end. */
export const endOf = (reference: string): string => reference.slice(-6).toLowerCase();

/** Parameters of a path with one thing, by its id or its reference. */
export const referencedParams = (thing: Referenced) =>
  z.strictObject({
    id: z
      .union([idOf(thing) as unknown as z.ZodString, referenceTo(thing)], {
        error: `It must be the id of a ${thing}, or a reference such as ${letters[thing]}-EEF098.`,
      })
      .describe(`Id of the ${thing}, or the reference that the person was shown`),
  });

/** The id that a path names. Throws NOT_FOUND, and CONFLICT where several have the reference. */
export async function idNamed(
  thing: Referenced,
  idOrReference: string,
  find: (end: string, limit: number) => Promise<readonly { id: string }[]>,
): Promise<string> {
  if (idOrReference.includes('_')) return idOrReference;
  const found = await find(endOf(idOrReference), SHOWN);
  if (found.length > 1)
    throw new Problem(
      'CONFLICT',
      `Several have the reference ${idOrReference}: ${found.map(({ id }) => id).join(', ')}. Name one by its id.`,
    );
  if (found[0]) return found[0].id;
  throw new Problem('NOT_FOUND', `No ${thing} with the reference ${idOrReference} is kept here.`);
}
