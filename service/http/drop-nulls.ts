import { z } from 'zod';

type Drop = (value: unknown) => unknown;

/**
 * Makes a function that removes every `null` where the schema has an optional field that does not take `null` itself, so
 * that `null` means absent. It goes into objects, lists and optional fields; what it does not know passes unchanged.
 * Returns undefined for a schema without such a field.
 */
export function dropNulls(schema: unknown): Drop | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return dropNulls(schema.unwrap());
  }
  if (schema instanceof z.ZodArray) {
    const inner = dropNulls(schema.element);
    return inner && ((value) => (Array.isArray(value) ? value.map(inner) : value));
  }
  return schema instanceof z.ZodObject ? dropFromObject(schema) : undefined;
}

function dropFromObject(schema: z.ZodObject): Drop | undefined {
  const absent = new Set<string>();
  const inside = new Map<string, Drop>();
  for (const [name, field] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    if (field.isOptional() && !field.isNullable()) absent.add(name);
    const inner = dropNulls(field);
    if (inner) inside.set(name, inner);
  }
  if (absent.size === 0 && inside.size === 0) return undefined;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name, field]) => field !== null || !absent.has(name))
        .map(([name, field]) => [name, inside.get(name)?.(field) ?? field]),
    );
  };
}
