import { z } from 'zod';
import { type Id, type IdKind, idPrefixes } from '../../lib/id.ts';

/** What the API calls the things that have an id. */
const kinds = {
  organization: 'organization',
  webhook: 'endpoint',
  delivery: 'delivery',
  event: 'event',
  alert: 'alert',
  rule: 'alertRule',
  grant: 'grant',
  key: 'key',
  person: 'subject',
  verification: 'verification',
  verdict: 'verdict',
  picture: 'enrollment',
  site: 'site',
  consent: 'consent',
  hold: 'hold',
  backup: 'backup',
  erasure: 'erasure',
  sweep: 'sweep',
  administrator: 'administrator',
  review: 'review',
  kiosk: 'kiosk',
  pairing: 'kioskPairing',
  flow: 'flow',
  approval: 'approval',
  drill: 'drill',
  session: 'session',
  scope: 'scope',
} as const satisfies Record<string, IdKind>;
type Thing = keyof typeof kinds;

const prefixOf = (thing: Thing) => idPrefixes[kinds[thing]];
const article = (thing: Thing) => (/^[aeiou]/.test(thing) ? `an ${thing}` : `a ${thing}`);

/** Whether there is such a thing, and whose, is for the engine to say. */
export const idOf = <Of extends Thing>(thing: Of) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefixOf(thing)}_[0-9a-z]{26}$`),
      `It must be the id of ${article(thing)}, such as ${prefixOf(thing)}_01m7w3hb8hbf355he5zqwjztdk.`,
    ) as unknown as z.ZodType<Id<(typeof kinds)[Of]>>;

/** Parameters of a path with the id of one resource. */
export const paramsOf = <Of extends Thing>(thing: Of) =>
  z.strictObject({ id: idOf(thing).describe(`Id of the ${thing}`) });

/** Parameters of a path with one person. */
export const personParams = z.strictObject({
  id: z.string().min(1).max(254).describe('Id or e-mail address of the person'),
});
