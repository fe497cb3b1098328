import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const script = join(import.meta.dirname, '../../dist/renderer/sdk/gatehouse.js');

/** A request that a page sent to the appliance. */
export interface Sent {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface CollectorSite {
  /** A site with a form, whose pages load the script from the other address. */
  siteUrl: string;
  /** What stands for the appliance: serves the script, and answers as `answer` says. */
  applianceUrl: string;
  /** Requests of the behavior family since the last call. */
  sent(): Sent[];
  answer: { status: number; body: object };
  stop(): void;
}

const verdict = {
  human: true,
  confidence: 0.9,
  score: 90,
  token: 'h_verified_Kd3mP8luYMC2Mi1x',
  pii_stored: false,
};

/**
 * A site and an appliance on two origins of this machine. The appliance only records: what the service answers is tried elsewhere.
 * @param before runs in each page before the script of the appliance
 */
export async function startCollectorSite(before = ''): Promise<CollectorSite> {
  const received: Sent[] = [];
  const answer: CollectorSite['answer'] = { status: 200, body: verdict };
  const server = createServer(async (request, reply) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    reply.setHeader('access-control-allow-origin', '*');
    reply.setHeader('access-control-allow-headers', 'authorization, content-type');
    if (pathname === '/sdk/gatehouse.js')
      return reply.setHeader('content-type', 'text/javascript').end(readFileSync(script));
    if (!pathname.startsWith('/api/'))
      return reply
        .setHeader('content-type', 'text/html')
        .end(pageOf(pathname, port, searchParams.get('appliance'), before));
    if (request.method === 'OPTIONS') return reply.end();
    received.push({ path: pathname, headers: request.headers, text });
    reply.statusCode = answer.status;
    return reply.setHeader('content-type', 'application/json').end(JSON.stringify(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    siteUrl: `http://localhost:${port}`,
    applianceUrl: `http://127.0.0.1:${port}`,
    sent: () => received.splice(0),
    answer,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A page that shows this one in a frame may ask it to verify, with its key. */
const VERIFY_WHEN_ASKED =
  "<script>addEventListener('message', ({ data }) => data.verify && Huma.verify('user_123', data.verify));</script>";

/** A window has elements with an id, and frames with a name, by that name. */
const named = (port: number) =>
  `</head><body><h2 id="Huma">Huma</h2><p id="HUMA_BASE_URL"></p><iframe name="Gatehouse" src="http://127.0.0.1:${port}/other"></iframe>`;

/** `appliance`: loads the script from there. */
function pageOf(path: string, port: number, appliance: string | null, before: string): string {
  const load = `<script>${before}</script><script src="${appliance ?? `http://127.0.0.1:${port}`}/sdk/gatehouse.js"></script>`;
  if (path === '/frame')
    return `<!doctype html><body><iframe sandbox="allow-scripts allow-forms" width="600" height="400" src="http://127.0.0.1:${port}/form"></iframe></body>`;
  return `<!doctype html><html><head><title>Sign up</title>${path === '/named' ? named(port) : ''}${load}${path === '/twice' ? load : ''}${VERIFY_WHEN_ASKED}</head>
<body style="height: 3000px"><form id="form-of-secrets" action="/done" method="get">
<input id="name-of-field" name="person" style="width: 200px; height: 30px">
<input id="second" name="mail" style="width: 200px; height: 30px">
<input type="hidden" name="huma_signals">
<button id="go" type="button" style="position: absolute; left: 420px; top: 260px; width: 120px; height: 40px">Go</button>
<button id="submit" style="position: absolute; left: 40px; top: 260px; width: 120px; height: 40px">Submit</button>
</form><form id="other"><input name="a" value="b"></form>
<form id="apart"></form><input type="hidden" form="apart" name="huma_signals">
<form id="shown"><input name="huma_signals" value="mine"></form></body></html>`;
}
