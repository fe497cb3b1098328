import { z } from 'zod';
import { lenient, textInAddress } from '../../search-values.ts';

/** What the address of the screen says. */
export const BehaviorSearch = z.object({
  span: lenient(z.enum(['day', 'month'])),
  /** The router reads `?human=false` as a boolean, and quotes the text that it writes. */
  human: lenient(
    z.union([z.enum(['true', 'false']), z.boolean().transform((human) => (human ? 'true' : 'false'))]),
  ),
  after: textInAddress,
});
