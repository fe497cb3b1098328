import { z } from 'zod';
import { invalidField } from '../../http/validation.ts';

const path = /^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*$/;

/** Of the CSV of a list, beside the query of the list. */
export const csvQuery = {
  columns: z
    .string()
    .max(4_000)
    .optional()
    .describe(
      'Fields with their headings in the form of a query string, `at=Time&profile.slug=Profile`; absent: all fields under their own names',
    ),
};

interface Column {
  field: string;
  heading: string;
}

/** The schema of the items where this is the reply of a list; undefined for other replies. */
export function itemOfList(reply: z.ZodType | undefined): z.ZodType | undefined {
  if (!(reply instanceof z.ZodObject)) return undefined;
  const { items, next } = reply.shape as Record<string, z.ZodType | undefined>;
  return items instanceof z.ZodArray && next !== undefined ? (items.element as z.ZodType) : undefined;
}

/** Throws INVALID_REQUEST for a field that no item has. */
export function columnsOf(item: z.ZodType, asked: string | undefined): Column[] {
  const own = fieldsOf(item).map((field) => ({ field, heading: field }));
  if (asked === undefined) return own;
  const columns = [...new URLSearchParams(asked)].map(([field, heading]) => ({ field, heading }));
  const unknown = columns.find(({ field }) => !path.test(field) || !hasField(item, field.split('.')));
  if (unknown)
    throw invalidField(
      'columns',
      `No item has the field "${unknown.field.slice(0, 80)}": there is ${own.map(({ field }) => field).join(', ')}.`,
    );
  return columns;
}

/** Of an optional or nullable value, the value. */
const inner = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable
    ? inner(schema.unwrap() as z.ZodType)
    : schema;

function fieldsOf(item: z.ZodType): string[] {
  const schema = inner(item);
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodUnion)
    return [...new Set((schema.options as z.ZodType[]).flatMap((option) => fieldsOf(option)))];
  return [];
}

function hasField(item: z.ZodType, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  const schema = inner(item);
  if (schema instanceof z.ZodUnion)
    return (schema.options as z.ZodType[]).some((option) => hasField(option, [first, ...rest]));
  if (!(schema instanceof z.ZodObject)) return false;
  const shape = schema.shape as Record<string, z.ZodType>;
  return Object.hasOwn(shape, first) && hasField(shape[first]!, rest);
}

/** The lines of a CSV: the head, then those of each page. Excel reads UTF-8 behind a BOM only. */
export async function* csvOf(
  columns: readonly Column[],
  pages: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<string> {
  yield `\uFEFF${lineOf(columns.map(({ heading }) => heading))}`;
  for await (const items of pages)
    yield items.map((item) => lineOf(columns.map(({ field }) => valueAt(item, field.split('.'))))).join('');
}

const valueAt = (item: unknown, names: readonly string[]): unknown =>
  names.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
    item,
  );

const lineOf = (values: readonly unknown[]): string => `${values.map(cellOf).join(',')}\r\n`;

/**
 * Programs calculate what begins so: it is kept a text (CWE-1236). Excel of many countries parts fields at semicolons, whatever the quotes
 * around commas say: there a field begins behind each semicolon, tab and line break, too.
 */
const formula = /(?:^|(?<=[;\t\n\r]))(?=(?:[^\S\t\n\r]|")*[=+\-@＝＋－＠]|[\t\r])/g;

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = textOf(value);
  const safe = text.replaceAll(formula, "'");
  return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const isPlainList = Array.isArray(value) && value.every((one) => typeof one !== 'object');
  return isPlainList ? value.join(', ') : JSON.stringify(value);
}
