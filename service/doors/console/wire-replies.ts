import { z } from 'zod';

export const time = (what: string) => z.iso.datetime().describe(what);
export const who = z.string().describe('`key:<id of an API key>` or `operator:<account>`');
export const texts = z.record(z.string(), z.string());
