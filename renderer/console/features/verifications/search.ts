import { z } from 'zod';
import { verificationDecisions } from '../../../../sdk/admin/values.ts';
import { checkNames, reasons } from '../../reasons/reason-strings.ts';

const text = z.string().max(254).optional().catch(undefined);
const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T.*)?$/)
  .optional()
  .catch(undefined);
const check = z.enum(checkNames).optional().catch(undefined);

/** The filters of the list, as they stand in the address. */
export const VerificationSearch = z.object({
  decision: z.enum(verificationDecisions).optional().catch(undefined),
  reason: z
    .enum(reasons as [string, ...string[]])
    .optional()
    .catch(undefined),
  decidedBy: check,
  check,
  from: day,
  until: day,
  person: text,
  profile: text,
  key: text,
  after: text,
});
