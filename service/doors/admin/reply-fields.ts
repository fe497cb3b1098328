import { z } from 'zod';

/** A time, ISO 8601 in UTC. */
export const time = (what: string) => z.iso.datetime().describe(what);
