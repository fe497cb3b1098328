import type { FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { Problem, type ProblemDetail } from '../lib/problem.ts';
import { NOT_AN_EMAIL } from '../lib/text-fields.ts';

/** A refusal names at most this many wrong fields. */
const DETAILS_MOST = 20;

const UNKNOWN = 'Unknown field.';

const whole: Record<string, string> = {
  body: 'The body',
  querystring: 'The query',
  params: 'The path',
  headers: 'The head',
};

/**
 * Fastify's validator for zod schemas: the parsed value, or INVALID_REQUEST with paths as the caller spelled them. In a
 * body, `null` for an optional field means absent.
 */
export const zodValidator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const drop = httpPart === 'body' ? dropNulls(schema) : undefined;
  return (data: unknown) => {
    const value = drop ? drop(data) : data;
    const result = schema.safeParse(value, { error: sentence });
    if (result.success) return { value: result.data };
    return { error: invalidRequest(result.error, whole[httpPart ?? 'body'] ?? 'The request') };
  };
};

/** As the validator for a body, for JSON from another part of the request. */
export function parseFields<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const drop = dropNulls(schema);
  const result = schema.safeParse(drop ? drop(value) : value, { error: sentence });
  if (result.success) return result.data;
  throw invalidRequest(result.error, 'The body');
}

function invalidRequest(error: z.ZodError, what: string): Problem {
  const details = error.issues.flatMap(toDetails).slice(0, DETAILS_MOST);
  const { path, message } = details[0] ?? { path: '', message: 'It is not what this call takes.' };
  return new Problem('INVALID_REQUEST', about(path === '' ? what : `The field "${path}"`, message), {
    details,
  });
}

/** INVALID_REQUEST for one field. `message` is a sentence about it: "It is empty." */
export function invalidField(path: string, message: string): Problem {
  return new Problem('INVALID_REQUEST', about(`The field "${path}"`, message), {
    details: [{ path, message }],
  });
}

/** 'The field "email"', "It is missing." -> 'The field "email" is missing.' */
function about(what: string, message: string): string {
  const whole = message.endsWith('.') ? message : `${message}.`;
  if (message === UNKNOWN) return `${what} is unknown.`;
  return whole.startsWith('It ') ? `${what} ${whole.slice(3)}` : `${what} cannot be used: ${whole}`;
}

function toDetails(issue: z.core.$ZodIssue): ProblemDetail[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: UNKNOWN }));
  }
  return [{ path: issue.path.join('.'), message: issue.message }];
}

const names: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Actionable messages in place of zod's; undefined keeps zod's. Never quotes a value. */
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'It is missing.';
      return `It must be ${names[issue.expected] ?? issue.expected}.`;
    case 'too_big':
      return issue.origin === 'string'
        ? `It must have at most ${issue.maximum} characters.`
        : issue.origin === 'array'
          ? `It must have at most ${issue.maximum} items.`
          : `It must be at most ${issue.maximum}.`;
    case 'too_small':
      if (issue.minimum === 1 && issue.origin !== 'number') return 'It must not be empty.';
      return issue.origin === 'string'
        ? `It must have at least ${issue.minimum} characters.`
        : issue.origin === 'array'
          ? `It must have at least ${issue.minimum} items.`
          : `It must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}.`;
    case 'invalid_value':
      return `It must be one of: ${issue.values.map(String).join(', ')}.`;
    case 'invalid_format':
      return issue.format === 'email' ? NOT_AN_EMAIL : undefined;
    default:
      return undefined;
  }
}

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
