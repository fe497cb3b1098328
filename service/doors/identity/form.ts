import { type Form, parseJsonField } from '../../http/bodies/form-body.ts';
import { invalidField } from '../../http/validation.ts';
import { Problem } from '../../lib/problem.ts';

const files = new Set(['image', 'frames']);
const texts = new Set(['email', 'name', 'profile', 'deviceInfo', 'location', 'frameTimes', 'consent']);
const lists = new Set(['frames', 'frameTimes']);
const json = new Set(['deviceInfo', 'location', 'consent']);

/**
 * The body a JSON caller would have sent: objects are JSON texts, a list is one JSON text or the field repeated. Unknown
 * fields are left out. Throws INVALID_REQUEST for an unknown file (likely the picture under another name), a field given
 * twice, a file where a text belongs, and broken JSON.
 */
export function fromForm(form: Form): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [field, values] of form) {
    if (values.length === 0) continue;
    if (!files.has(field) && values.some((value) => typeof value !== 'string')) {
      throw texts.has(field)
        ? invalidField(field, 'It must be a text field, not a file.')
        : unknownFile(field);
    }
    if (lists.has(field)) body[field] = field === 'frames' ? values : toNumbers(field, values as string[]);
    else if (values.length > 1) throw invalidField(field, 'It is there more than once.');
    else body[field] = json.has(field) ? parseJsonField(field, values[0] as string) : values[0];
  }
  return body;
}

const unknownFile = (field: string) =>
  new Problem('INVALID_REQUEST', `Unknown file field "${field}": the picture goes in "image".`, {
    details: [{ path: field, message: 'Unknown file field: the picture goes in "image".' }],
  });

function toNumbers(field: string, texts: string[]): unknown {
  const [first = ''] = texts;
  if (texts.length === 1 && first.trimStart().startsWith('[')) return parseJsonField(field, first);
  return texts.map((text) => (text.trim() === '' ? text : Number(text)));
}
