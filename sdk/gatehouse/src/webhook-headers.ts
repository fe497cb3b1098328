import { WebhookVerificationError } from './webhook-verification-error.ts';

/** `Headers` of fetch, or an object as Node's `request.headers`: names in any case, values as text or lists. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The value of a header by its name in any case; undefined where it is absent. Throws where it is there twice. */
export type ReadHeader = (name: string) => string | undefined;

export function readHeaders(headers: WebhookHeaders): ReadHeader {
  if (headers === null || typeof headers !== 'object')
    throw new WebhookVerificationError('INVALID_ARGUMENT', 'Pass the headers of the request.');
  const { get } = headers;
  if (typeof get === 'function') return (name) => get.call(headers, name) ?? undefined;
  const values = new Map<string, string[]>();
  for (const [name, value] of Object.entries(headers)) {
    // Some frameworks put a number or a function of their own beside the texts.
    const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
    const key = name.toLowerCase();
    values.set(key, [...(values.get(key) ?? []), ...texts]);
  }
  return (name) => {
    const found = values.get(name.toLowerCase()) ?? [];
    if (found.length > 1)
      throw new WebhookVerificationError('MALFORMED_HEADER', `The header ${name} is there more than once.`);
    return found[0];
  };
}
