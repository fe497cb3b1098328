import type { FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { type FieldRule, Problem, type ProblemDetail } from '../lib/problem.ts';
import { NOT_AN_EMAIL } from '../lib/text-fields.ts';

declare module 'fastify' {
  /** A route's request has the types of its schemas. */
  interface FastifyTypeProviderDefault {
    readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  }
}

/** A refusal names at most this many wrong fields. */
const DETAILS_MOST = 20;

const MISSING = 'It is missing.';
const EMPTY = 'It must not be empty.';
const UNKNOWN = 'Unknown field.';

/** Sentences that schemas have of their own. */
const ruleOf: Readonly<Record<string, FieldRule>> = {
  [MISSING]: 'missing',
  [EMPTY]: 'empty',
  'It is empty.': 'empty',
  [UNKNOWN]: 'unknown',
  [NOT_AN_EMAIL]: 'email',
};

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
    return check(schema, drop ? drop(data) : data, whole[httpPart ?? 'body'] ?? 'The request');
  };
};

/** As the validator for a body, for JSON from another part of the request. */
export function parseFields<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const drop = dropNulls(schema);
  const result = check(schema, drop ? drop(value) : value, 'The body');
  if ('error' in result) throw result.error;
  return result.value;
}

function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): { value: z.output<Schema> } | { error: Problem } {
  const said = new Map<string, Broken>();
  const result = schema.safeParse(value, {
    error(issue) {
      const broken = brokenBy(issue);
      if (broken) said.set(broken.message, broken);
      return broken?.message;
    },
  });
  return result.success ? { value: result.data } : { error: invalidRequest(result.error, what, said) };
}

function invalidRequest(error: z.ZodError, what: string, said: ReadonlyMap<string, Broken>): Problem {
  const details = error.issues.flatMap((issue) => toDetails(issue, said)).slice(0, DETAILS_MOST);
  const { path, message } = details[0] ?? { path: '', message: 'It is not what this call takes.' };
  return new Problem('INVALID_REQUEST', about(path === '' ? what : `The field "${path}"`, message), {
    details,
  });
}

/** INVALID_REQUEST for one field. `message` is a sentence about it: "It is empty." */
export function invalidField(path: string, message: string): Problem {
  return new Problem('INVALID_REQUEST', about(`The field "${path}"`, message), {
    details: [detailOf(path, message)],
  });
}

function detailOf(path: string, message: string): ProblemDetail {
  const rule = ruleOf[message];
  return { path, message, ...(rule && { rule }) };
}

/** 'The field "email"', "It is missing." -> 'The field "email" is missing.' */
function about(what: string, message: string): string {
  const whole = message.endsWith('.') ? message : `${message}.`;
  if (message === UNKNOWN) return `${what} is unknown.`;
  return whole.startsWith('It ') ? `${what} ${whole.slice(3)}` : `${what} cannot be used: ${whole}`;
}

function toDetails(issue: z.core.$ZodIssue, said: ReadonlyMap<string, Broken>): ProblemDetail[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => detailOf([...issue.path, key].join('.'), UNKNOWN));
  }
  const path = issue.path.join('.');
  const broken = said.get(issue.message);
  return [broken ? { path, ...broken } : detailOf(path, issue.message)];
}

const names: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

type Broken = Omit<ProblemDetail, 'path'>;

/** Actionable messages in place of zod's; undefined keeps zod's. Never quotes a value. */
function brokenBy(issue: z.core.$ZodRawIssue): Broken | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return { message: MISSING, rule: 'missing' };
      const type = issue.expected === 'record' ? 'object' : issue.expected;
      return { message: `It must be ${names[type] ?? type}.`, rule: 'type', values: [type] };
    }
    case 'too_big': {
      const limit = Number(issue.maximum);
      if (issue.origin === 'string')
        return { message: `It must have at most ${limit} characters.`, rule: 'max-characters', limit };
      if (issue.origin === 'array')
        return { message: `It must have at most ${limit} items.`, rule: 'max-items', limit };
      return { message: `It must be at most ${limit}.`, rule: 'max', limit };
    }
    case 'too_small': {
      const limit = Number(issue.minimum);
      if (limit === 1 && issue.origin !== 'number') return { message: EMPTY, rule: 'empty' };
      if (issue.origin === 'string')
        return { message: `It must have at least ${limit} characters.`, rule: 'min-characters', limit };
      if (issue.origin === 'array')
        return { message: `It must have at least ${limit} items.`, rule: 'min-items', limit };
      if (issue.inclusive === false)
        return { message: `It must be more than ${limit}.`, rule: 'above', limit };
      return { message: `It must be at least ${limit}.`, rule: 'min', limit };
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      return { message: `It must be one of: ${values.join(', ')}.`, rule: 'one-of', values };
    }
    case 'invalid_format':
      return issue.format === 'email' ? { message: NOT_AN_EMAIL, rule: 'email' } : undefined;
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
