import type { z } from 'zod';
import { zodValidator } from '../../http/validation.ts';

/** The parsed value, or INVALID_REQUEST with one detail for each field that is wrong, worded as on every door. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const validate = zodValidator({ schema, method: 'POST', url: '', httpPart: 'body' });
  const result: unknown = validate(value);
  const { error, value: parsed } = result as { error?: Error; value?: z.output<Schema> };
  if (error) throw error;
  return parsed as z.output<Schema>;
}
