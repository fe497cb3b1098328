import { z } from 'zod';

const prefixes = {
  organization: 'org',
  webhook: 'wh',
  delivery: 'dlv',
  event: 'evt',
  alert: 'alr',
  rule: 'rule',
  grant: 'grt',
  key: 'key',
  person: 'sub',
  verification: 'ver',
  verdict: 'vdt',
  picture: 'enr',
  site: 'site',
  hold: 'hold',
  backup: 'bkp',
  erasure: 'ers',
  sweep: 'swp',
  administrator: 'adm',
  review: 'rev',
  kiosk: 'ksk',
  pairing: 'pair',
  flow: 'flw',
  approval: 'apr',
  drill: 'drl',
  session: 'sess',
  scope: 'scp',
} as const;
type Thing = keyof typeof prefixes;

const sampleOf = (thing: Thing) => `${prefixes[thing]}_01m7w3hb8hbf355he5zqwjztdk`;
const article = (thing: Thing) => (/^[aeiou]/.test(thing) ? `an ${thing}` : `a ${thing}`);

/** Whether there is such a thing, and whose, is for the engine to say. */
export const idOf = (thing: Thing) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefixes[thing]}_[0-9a-z]{26}$`),
      `It must be the id of ${article(thing)}, such as ${sampleOf(thing)}.`,
    );

/** Parameters of a path with the id of one resource. */
export const paramsOf = (thing: Thing) => z.strictObject({ id: idOf(thing).describe(`Id of the ${thing}`) });

/** Parameters of a path with one person. */
export const personParams = z.strictObject({
  id: z.string().min(1).max(254).describe('Id or e-mail address of the person'),
});
