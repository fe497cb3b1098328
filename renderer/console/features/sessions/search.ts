import { z } from 'zod';

export const flows = ['api', 'presence', 'hosted', 'registration'] as const;
export const states = ['created', 'opened', 'processing', 'finalized'] as const;
export const decisions = ['approved', 'rejected', 'duplicate', 'expired', 'cancelled'] as const;

/** The filters of the list, as they stand in the address. */
export const SessionSearch = z.object({
  flow: z.enum(flows).optional().catch(undefined),
  state: z.enum(states).optional().catch(undefined),
  decision: z.enum(decisions).optional().catch(undefined),
  inReview: z.literal('true').optional().catch(undefined),
  after: z.string().max(254).optional().catch(undefined),
});
