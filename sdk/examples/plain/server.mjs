// The server of index.html: node server.mjs
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { verifyWithSignals } from '@gatehouse/sdk/huma';

const { HUMA_BASE_URL, HUMA_PAGE_KEY, PORT = '3000' } = process.env;
const page = readFileSync(new URL('index.html', import.meta.url), 'utf8')
  .replaceAll('{{HUMA_BASE_URL}}', HUMA_BASE_URL)
  .replaceAll('{{HUMA_PAGE_KEY}}', HUMA_PAGE_KEY);

const script = readFileSync(new URL(import.meta.resolve('@gatehouse/sdk/gatehouse.js')));

const server = createServer(async (request, response) => {
  if (request.method === 'GET' && request.url === '/')
    return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  if (request.method === 'GET' && request.url === '/gatehouse.js')
    return response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
  if (request.method !== 'POST' || request.url !== '/api/check') return response.writeHead(404).end();
  const { userId, signals } = await json(request).catch(() => ({}));
  // HUMA_API_KEY and HUMA_BASE_URL come from the environment.
  const result = await verifyWithSignals({ userId: String(userId || 'unknown'), signals });
  if (result.outage) console.warn('not judged:', result.outage.message);
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ allowed: result.human, confidence: result.confidence, refused: result.refused }));
});
server.listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
