/** The part of a JSON schema that a table of fields shows. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
}

/** `a` to `b`, `at least a` or `at most b`; nothing without bounds. */
function between(least: number | undefined, most: number | undefined, unit = ''): string {
  const of = unit === '' ? '' : ` ${unit}`;
  // zod bounds every integer by what JavaScript counts exactly.
  const upper = most === Number.MAX_SAFE_INTEGER ? undefined : most;
  const lower = least === Number.MIN_SAFE_INTEGER ? undefined : least;
  if (lower !== undefined && upper !== undefined) return `${lower} to ${upper}${of}`;
  if (lower !== undefined && lower > 0) return `at least ${lower}${of}`;
  return upper === undefined ? '' : `at most ${upper}${of}`;
}

/** What a value may be, in a few words. */
export function allowedValues(schema: JsonSchema): string {
  const { type, format, pattern } = schema;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const parts: Record<string, () => string> = {
    string: () =>
      [
        'text',
        format ?? (pattern === undefined ? '' : `\`${pattern}\``),
        between(schema.minLength, schema.maxLength, 'characters'),
      ]
        .filter((part) => part !== '')
        .join(', '),
    number: () =>
      ['number', between(schema.minimum, schema.maximum)].filter((part) => part !== '').join(', '),
    integer: () =>
      ['whole number', between(schema.minimum, schema.maximum)].filter((part) => part !== '').join(', '),
    boolean: () => '`true`, `false`',
    array: () =>
      [
        'list',
        between(schema.minItems, schema.maxItems, 'entries'),
        schema.items ? `each: ${allowedValues(schema.items)}` : '',
      ]
        .filter((part) => part !== '')
        .join(', '),
    object: () => 'object',
  };
  return parts[type ?? '']?.() ?? 'any';
}

/** A row of a Markdown table; bars in cells are escaped. */
const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');
