import { z } from 'zod';
import { sessionDecisions, sessionFlows, sessionStates } from '../../../../sdk/admin/values.ts';

export { sessionDecisions as decisions, sessionFlows as flows, sessionStates as states };

/** The filters of the list, as they stand in the address. */
export const SessionSearch = z.object({
  flow: z.enum(sessionFlows).optional().catch(undefined),
  state: z.enum(sessionStates).optional().catch(undefined),
  decision: z.enum(sessionDecisions).optional().catch(undefined),
  inReview: z.literal('true').optional().catch(undefined),
  after: z.string().max(254).optional().catch(undefined),
});
