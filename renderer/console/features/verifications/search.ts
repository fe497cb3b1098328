import { z } from 'zod';
import { verificationDecisions } from '../../../../sdk/admin/values.ts';
import { checkNames, type Reason, reasons } from '../../reasons/reason-strings.ts';
import { lenient, textInAddress } from '../../search-values.ts';

const day = lenient(z.string().regex(/^\d{4}-\d\d-\d\d(T.*)?$/));
const check = lenient(z.enum(checkNames));

/** The filters of the list, as they stand in the address. */
export const VerificationSearch = z.object({
  decision: lenient(z.enum(verificationDecisions)),
  reason: lenient(z.enum(reasons as [Reason, ...Reason[]])),
  decidedBy: check,
  check,
  from: day,
  until: day,
  person: textInAddress,
  profile: textInAddress,
  key: textInAddress,
  after: textInAddress,
});
