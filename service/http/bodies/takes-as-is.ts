import { z } from 'zod';

type Takes = (value: unknown) => boolean;
/** The parts of a schema's definition that are looked at. */
interface Definition {
  type: string;
  coerce?: boolean;
  checks?: { _zod: { def: Check } }[];
}
interface Check {
  check: string;
  format?: string;
  value?: number;
  minimum?: number;
  maximum?: number;
  inclusive?: boolean;
  pattern?: RegExp;
}

/**
 * Makes a function that says whether the schema gives a value of JSON back as it is, several times faster than parsing it. Where it says
 * no, the value may still be right: zod decides, and words the refusal. Undefined for a schema with a part that it does not know, such
 * as one that changes values.
 */
export function takesAsIs(schema: unknown): Takes | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const definition = schema._zod.def as Definition;
  if (definition.coerce) return undefined;
  if (schema instanceof z.ZodObject) return definition.checks?.length ? undefined : ofObject(schema);
  if (schema instanceof z.ZodArray) return ofArray(schema, checksOf(schema));
  if (schema instanceof z.ZodNullable) return or(null, takesAsIs(schema.unwrap()));
  if (schema instanceof z.ZodOptional) return or(undefined, takesAsIs(schema.unwrap()));
  if (schema instanceof z.ZodUnion) return definition.checks?.length ? undefined : ofUnion(schema);
  if (schema instanceof z.ZodNumber) return ofNumber(checksOf(schema));
  if (schema instanceof z.ZodString) return ofString(checksOf(schema));
  if (schema instanceof z.ZodBoolean && !definition.checks?.length)
    return (value) => typeof value === 'boolean';
  if (schema instanceof z.ZodLiteral || schema instanceof z.ZodEnum) {
    const values = definition.checks?.length ? undefined : schema._zod.values;
    return values && ((value) => values.has(value as never));
  }
  return undefined;
}

/** A format of the schema itself, such as `int`, is its first check. */
function checksOf(schema: z.ZodType): Check[] {
  const own = schema._zod.def as unknown as Definition & Check;
  const checks = (own.checks ?? []).map(({ _zod }) => _zod.def);
  return own.check === undefined ? checks : [own, ...checks];
}

const or = (other: null | undefined, takes: Takes | undefined): Takes | undefined =>
  takes && ((value) => value === other || takes(value));

const plain = [z.ZodLiteral, z.ZodEnum, z.ZodString, z.ZodNumber, z.ZodBoolean];

/** Of plain values: an earlier option that is an object may take the value and leave a part of it out. */
function ofUnion({ options }: z.ZodUnion): Takes | undefined {
  const known = options.flatMap((one) =>
    plain.some((kind) => one instanceof kind) ? (takesAsIs(one) ?? []) : [],
  );
  return known.length < options.length ? undefined : (value) => known.some((takes) => takes(value));
}

function ofObject(schema: z.ZodObject): Takes | undefined {
  const { catchall } = schema._zod.def;
  if (catchall && !(catchall instanceof z.ZodNever)) return undefined;
  const fields: Field[] = [];
  for (const [name, field] of Object.entries(schema.shape)) {
    const takes = takesAsIs(field);
    if (!takes || name in Object.prototype) return undefined;
    fields.push({ name, takes, figure: figureOf(field), at: fields.length, required: !takes(undefined) });
  }
  const byName = new Map(fields.map((field) => [field.name, field]));
  const required = fields.filter((field) => field.required).length;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    let found = 0;
    // Most clients name the fields in the order of the schema. V8 reads a field of this loop by its place, and does not look for it.
    let at = 0;
    for (const name in value) {
      const field = fields[at]?.name === name ? fields[at]! : byName.get(name);
      if (!field) return false;
      at = field.at + 1;
      const given = (value as Record<string, unknown>)[name];
      if (field.figure !== undefined && typeof given === 'number') {
        if (!isWithin(given, field.figure)) return false;
      } else if (!field.takes(given)) return false;
      if (field.required) found++;
    }
    return found === required;
  };
}

interface Field {
  name: string;
  takes: Takes;
  /** Of a field for a number: most of a body of measurements, which is looked at without a call of a function of each. */
  figure: Bounds | undefined;
  /** Its place in the schema. */
  at: number;
  required: boolean;
}

function figureOf(field: unknown): Bounds | undefined {
  if (field instanceof z.ZodNullable || field instanceof z.ZodOptional) return figureOf(field.unwrap());
  return field instanceof z.ZodNumber ? boundsOf(checksOf(field)) : undefined;
}

function ofArray(schema: z.ZodArray, checks: readonly Check[]): Takes | undefined {
  const takes = takesAsIs(schema.element);
  const [least, most] = [boundOf(checks, 'min_length'), boundOf(checks, 'max_length')];
  if (!takes || checks.some(({ check }) => !lengths.has(check))) return undefined;
  return (value) =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(takes);
}

function ofString(checks: readonly Check[]): Takes | undefined {
  const [least, most] = [boundOf(checks, 'min_length'), boundOf(checks, 'max_length')];
  const patterns: RegExp[] = [];
  for (const { check, format, pattern } of checks) {
    if (lengths.has(check)) continue;
    // One that remembers where it was gives other answers the next time.
    if (check !== 'string_format' || format !== 'regex' || !pattern || /[gy]/.test(pattern.flags))
      return undefined;
    patterns.push(pattern);
  }
  return (value) =>
    typeof value === 'string' &&
    value.length >= least &&
    value.length <= most &&
    patterns.every((pattern) => pattern.test(value));
}

function ofNumber(checks: readonly Check[]): Takes | undefined {
  const bounds = boundsOf(checks);
  return bounds && ((value) => typeof value === 'number' && isWithin(value, bounds));
}

interface Bounds {
  low: number;
  orLow: boolean;
  high: number;
  orHigh: boolean;
  whole: boolean;
}

const isWithin = (value: number, { low, orLow, high, orHigh, whole }: Bounds): boolean =>
  Number.isFinite(value) &&
  (value > low || (orLow && value === low)) &&
  (value < high || (orHigh && value === high)) &&
  (!whole || Number.isSafeInteger(value));

/** Undefined for a check that is not known. */
function boundsOf(checks: readonly Check[]): Bounds | undefined {
  let whole = false;
  let least: readonly [number, inclusive: boolean] = [Number.NEGATIVE_INFINITY, true];
  let most: readonly [number, inclusive: boolean] = [Number.POSITIVE_INFINITY, true];
  for (const { check, format, value = Number.NaN, inclusive = true } of checks) {
    if (check === 'number_format' && format === 'safeint') whole = true;
    else if (check === 'greater_than' && value >= least[0]) least = [value, inclusive && least[1]];
    else if (check === 'less_than' && value <= most[0]) most = [value, inclusive && most[1]];
    else if (check !== 'greater_than' && check !== 'less_than') return undefined;
  }
  const [low, orLow] = least;
  const [high, orHigh] = most;
  return { low, orLow, high, orHigh, whole };
}

const lengths: ReadonlySet<string> = new Set(['min_length', 'max_length']);

function boundOf(checks: readonly Check[], name: 'min_length' | 'max_length'): number {
  const bounds = checks
    .filter(({ check }) => check === name)
    .map(({ minimum, maximum }) => minimum ?? maximum ?? Number.NaN);
  return name === 'min_length' ? Math.max(0, ...bounds) : Math.min(Number.POSITIVE_INFINITY, ...bounds);
}
