import { z } from 'zod';
import { CaptureSource } from '../../engine/profiles/index.ts';

/** A time, ISO 8601 in UTC. */
export const time = (what: string) => z.iso.datetime().describe(what);

/** A time in a request, ISO 8601 with any offset. */
export const moment = () =>
  z.iso.datetime({ offset: true, error: 'It must be a time such as 2026-11-20T12:00:00Z.' });

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

/** How the pictures were taken. */
export const capture = z.strictObject({ source: CaptureSource }).meta({
  id: 'CaptureSource',
  description: 'How the pictures were taken.',
  examples: [{ source: 'kiosk' as const }],
});
