/** What a body may have at most in bytes, unless the caller says otherwise: 1 MB. */
export const LARGEST_BODY = 1_048_576;

/** The body of a request, which stays unread for the caller. Undefined where there is none; no more of it than `maxBytes` is read. */
export async function copyOfBody(
  request: Request,
  maxBytes: number,
): Promise<Response | 'too large' | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return 'too large';
  const reader = request.clone().body?.getReader();
  if (!reader) return undefined;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.byteLength;
    if (size > maxBytes) {
      // Not awaited: it ends with that of the other copy.
      reader.cancel().catch(() => {});
      return 'too large';
    }
    parts.push(next.value);
  }
  return new Response(new Blob(parts), {
    headers: { 'content-type': request.headers.get('content-type') ?? '' },
  });
}
