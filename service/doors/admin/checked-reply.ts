import { z } from 'zod';

/**
 * The reply as its schema writes it. A field that the schema does not know, or a value that does not fit, is a bug: it throws,
 * the caller is answered INTERNAL and nothing of the reply leaves.
 */
export function checkedReply(schema: z.ZodType, reply: unknown): unknown {
  const checked = z.safeEncode(schema, reply);
  if (checked.success) return checked.data;
  const where = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new Error(`A reply does not fit its schema: ${where}`);
}
