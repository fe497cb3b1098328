import { z } from 'zod';

/** A time, ISO 8601 in UTC. */
export const time = (what: string) => z.iso.datetime().describe(what);

/** An actor, as the audit log spells it. */
export const actor = z
  .string()
  .describe(
    '`key:<id of an API key>`, `operator:<account>`, `administrator:<id>` or `appliance:<task>`; before release 0.2 the appliance is `operator:gatehouse`',
  );
