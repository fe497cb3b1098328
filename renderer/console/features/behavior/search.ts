import { z } from 'zod';

/** What the address of the screen says. */
export const BehaviorSearch = z.object({
  span: z.enum(['day', 'month']).optional().catch(undefined),
  /** The router reads `?human=false` as a boolean, and quotes the text that it writes. */
  human: z
    .union([z.enum(['true', 'false']), z.boolean().transform((human) => (human ? 'true' : 'false'))])
    .optional()
    .catch(undefined),
  after: z.string().optional().catch(undefined),
});
