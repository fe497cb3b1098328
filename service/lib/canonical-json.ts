/** JSON whose objects name their members in order, without spaces (as RFC 8785 for these values); what is undefined is left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** What a JSON text says; undefined where it is none, as where a bit of a stored one flipped, and for `null`: what it held is lost. */
export function parseJson<T = unknown>(text: string): T | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as T | undefined;
  } catch {
    return undefined;
  }
}

/** What is signed: a document without its signature. */
export function signedBytes(document: object): Uint8Array {
  const { signature: _, ...signed } = document as { signature?: string };
  return new TextEncoder().encode(canonicalJson(signed));
}
