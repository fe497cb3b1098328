import type { ShownRequest } from './command-of.ts';

/** Where the next request that would change something goes in the place of the box. */
let recorder: ((request: Request) => void) | undefined;

class Recorded extends Error {}

/** Asked by `send` before it sends. Throws where the request is only to be shown. */
export function recordInstead(request: Request): void {
  if (!recorder || request.method === 'GET') return;
  recorder(request);
  throw new Recorded('The request was shown, not sent.');
}

/** What `run` would send first; nothing is sent. Undefined where it sends nothing. */
export async function recordOf(run: () => Promise<unknown>): Promise<ShownRequest | undefined> {
  let found: Request | undefined;
  recorder = (request) => {
    found ??= request.clone();
  };
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Recorded)) throw error;
  } finally {
    recorder = undefined;
  }
  return found && shownOf(found);
}

async function shownOf(request: Request): Promise<ShownRequest> {
  const { method, url } = request;
  const at = { method, url: new URL(url) };
  if (request.headers.get('content-type')?.startsWith('multipart/')) {
    const form = await request.formData();
    return { ...at, body: JSON.parse(String(form.get('request'))), file: true };
  }
  const text = await request.text();
  return text === '' ? at : { ...at, body: JSON.parse(text) };
}
