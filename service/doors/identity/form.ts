import type { Form } from '../../http/form-body.ts';
import { parseJson } from '../../http/json-body.ts';
import { invalid } from './base64-picture.ts';

const files = new Set(['image', 'frames']);
const lists = new Set(['frames', 'frameTimes']);
const json = new Set(['deviceInfo', 'location', 'consent']);

/**
 * The body a JSON caller would have sent: objects are JSON texts, a list is one JSON text or the field repeated. Fields
 * nobody asked for are left out. Throws INVALID_REQUEST for a field given twice, a file where a text belongs, and broken JSON.
 */
export function fromForm(form: Form): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [field, values] of form) {
    if (!files.has(field) && values.some((value) => typeof value !== 'string')) {
      throw invalid(field, 'It must be a text field, not a file.');
    }
    if (lists.has(field)) body[field] = field === 'frames' ? values : toNumbers(field, values as string[]);
    else if (values.length > 1) throw invalid(field, 'It is there more than once.');
    else body[field] = json.has(field) ? fromJson(field, values[0] as string) : values[0];
  }
  return body;
}

function toNumbers(field: string, texts: string[]): unknown {
  const [first = ''] = texts;
  if (texts.length === 1 && first.trimStart().startsWith('[')) return fromJson(field, first);
  return texts.map((text) => (text.trim() === '' ? text : Number(text)));
}

function fromJson(field: string, text: string): unknown {
  try {
    return parseJson(Buffer.from(text));
  } catch (error) {
    throw invalid(field, (error as Error).message.replace(/^The body/, 'It'));
  }
}
