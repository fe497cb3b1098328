// The server of index.html: node server.mjs
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { verifyWithSignals } from '@gatehouse/sdk/huma';

const { HUMA_BASE_URL, HUMA_PAGE_KEY, PORT = '3000' } = process.env;
const page = readFileSync(new URL('index.html', import.meta.url), 'utf8')
  .replaceAll('{{HUMA_BASE_URL}}', HUMA_BASE_URL)
  .replaceAll('{{HUMA_PAGE_KEY}}', HUMA_PAGE_KEY);

const script = readFileSync(new URL(import.meta.resolve('@gatehouse/sdk/gatehouse.js')));

const server = createServer((request, response) => {
  const { method, url } = request;
  if (method === 'POST' && url === '/api/check') return check(request, response);
  if (method === 'GET' && url === '/gatehouse.js') return send(response, 200, 'text/javascript', script);
  if (method !== 'GET' || url !== '/') return send(response, 404, 'text/plain', 'Not found.');
  if (!visitorOf(request))
    response.setHeader('set-cookie', `visitor=${randomUUID()}; HttpOnly; SameSite=Lax; Path=/`);
  send(response, 200, 'text/html; charset=utf-8', page);
});
server.listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

async function check(request, response) {
  const body = await readJson(request).catch(() => undefined);
  if (typeof body !== 'object' || body === null) return sendJson(response, 400, { allowed: false });
  // Never from the form alone: the id of another person could be used up. A signed-in user has an id here.
  const userId = `visitor:${visitorOf(request) ?? randomUUID()}`;
  try {
    // HUMA_API_KEY and HUMA_BASE_URL come from the environment.
    const { human, confidence, refused } = await verifyWithSignals({ userId, signals: body.signals });
    sendJson(response, 200, { allowed: human, confidence, refused, ...(human && { userId }) });
  } catch (error) {
    // A wrong key, a limit, a certificate that is not trusted: no reason to let anyone in, and none to end.
    console.error(error);
    sendJson(response, 503, { allowed: false });
  }
}

const visitorOf = ({ headers }) => /(?:^|; )visitor=([\da-f-]{36})(?:;|$)/.exec(headers.cookie ?? '')?.[1];

async function readJson(request) {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += part;
    if (text.length > 100_000) throw new Error('The body is too large.');
  }
  return JSON.parse(text);
}

function send(response, status, type, body) {
  response.writeHead(status, { 'content-type': type }).end(body);
}

const sendJson = (response, status, body) => send(response, status, 'application/json', JSON.stringify(body));
