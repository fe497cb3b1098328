import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'page');
const types: Record<string, string> = {
  '/form.html': 'text/html',
  '/form.js': 'text/javascript',
  '/recorder.js': 'text/javascript',
};

/** The test page on a port of its own, on this machine alone. */
export async function servePage(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async ({ url = '/' }, response) => {
    const path = new URL(url, 'http://localhost').pathname;
    const type = types[path];
    if (type === undefined) return void response.writeHead(404).end();
    response
      .writeHead(200, { 'content-type': `${type}; charset=utf-8` })
      .end(await readFile(join(folder, path)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/form.html`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
