import { z } from 'zod';
import { sessionDecisions, sessionFlows, sessionStates } from '../../../../sdk/admin/values.ts';
import { lenient, textInAddress } from '../../search-values.ts';

export { sessionDecisions as decisions, sessionFlows as flows, sessionStates as states };

/** The filters of the list, as they stand in the address. */
export const SessionSearch = z.object({
  flow: lenient(z.enum(sessionFlows)),
  state: lenient(z.enum(sessionStates)),
  decision: lenient(z.enum(sessionDecisions)),
  inReview: lenient(z.literal('true')),
  person: textInAddress,
  after: textInAddress,
});
