import { z } from 'zod';
import type { Id, IdKind, OrganizationId, World } from './id.ts';

/**
 * Fields of records: as the engine has them, and as they are written on the wire. A schema parses what the wire has, and
 * encodes what the engine has.
 */
const timeIn = (text: z.ZodISODateTime) =>
  z.codec(text, z.number(), {
    decode: (written) => Date.parse(written),
    encode(milliseconds, { issues }) {
      const date = new Date(milliseconds);
      if (!Number.isNaN(date.getTime())) return date.toISOString();
      issues.push({ code: 'custom', message: 'No time.', input: milliseconds });
      return z.NEVER;
    },
  });

/** Milliseconds since 1970; written as ISO 8601 in UTC. */
export const time = (what: string) => timeIn(z.iso.datetime()).describe(what);

/** A time that the engine has as text too: in what was signed. */
export const writtenTime = (what: string) => z.iso.datetime().describe(what);

/** A time in a request, ISO 8601 with any offset. */
export const moment = () =>
  timeIn(z.iso.datetime({ offset: true, error: 'It must be a time such as 2026-11-20T12:00:00Z.' }));

export const id = <Kind extends IdKind>(what = 'Id') =>
  z.string().describe(what) as unknown as z.ZodType<Id<Kind>>;

/** World of real people or of trials. */
export const env = (what: string) => z.enum(['live', 'test']).describe(what);

/** An actor in the format of the audit log. */
export const actor = z
  .string()
  .describe(
    '`key:<id of an API key>`, `operator:<account>`, `administrator:<id>`, `kiosk:<id>/<id of the administrator who signed in at it>` (without the second part while it has no operator) or `appliance:<task>`; older lines have `operator:gatehouse` where the appliance acted',
  );

/** Of a row that is not used. */
export const altered = z
  .literal(true)
  .optional()
  .describe(
    'Another program wrote or changed it in the database: it is not used until it is made again or accepted. Absent otherwise',
  );

/** A record and the organization that it belongs to, which no reply names: a caller acts in its own. */
export type OfOrganization<Schema extends z.ZodType> = z.output<Schema> & { organization: OrganizationId };
/** A record and the world that it belongs to. */
export type OfWorld<Schema extends z.ZodType> = Omit<OfOrganization<Schema>, 'env'> & { world: World };

/** With its world under the name that the wire has for it. */
export const inEnv = <Found extends { world?: World }>(found: Found): Found & { env: Found['world'] } => ({
  ...found,
  env: found.world,
});
