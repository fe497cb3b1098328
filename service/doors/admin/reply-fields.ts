import { z } from 'zod';

/** A time, ISO 8601 in UTC. */
export const time = (what: string) => z.iso.datetime().describe(what);

/** An actor, as the audit log spells it. */
export const actor = z
  .string()
  .describe(
    '`key:<id of an API key>`, `operator:<account>`, `administrator:<id>` or `appliance:<task>`; older lines have `operator:gatehouse` where the appliance acted',
  );
