import { readFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** A session as `/api/auth/session` returns it, for the operator at the control socket: every right, and no sign-in. */
const operatorSession = (organization: string) => ({
  user: {
    id: 'adm_01m7w2z9c0h2rb1yq7j5t8k3nd',
    email: 'operator@localhost',
    name: 'Operator',
    role: 'owner',
    orgId: organization,
    applianceOwner: true,
  },
  csrf: 'none',
  expiresAt: Date.now() + 12 * 3600 * 1000,
});

/** Which of `organization` and `env` a route takes, as the OpenAPI document says. */
function readRealmParameters(): (method: string, path: string) => string[] {
  const text = readFileSync(new URL('../../docs/openapi-admin.json', import.meta.url), 'utf8');
  type Operation = { parameters?: { name: string; in: string }[] };
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> };
  const routes = Object.entries(paths)
    // What is named before what is given: `/subjects/count` before `/subjects/{id}`.
    .sort(([a], [b]) => a.split('{').length - b.split('{').length)
    .map(([pattern, operations]) => ({
      pattern: new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      operations,
    }));
  return (method, path) => {
    const found = routes.find(({ pattern }) => pattern.test(path));
    const parameters = found?.operations[method.toLowerCase()]?.parameters ?? [];
    return parameters.map(({ name }) => name).filter((name) => name === 'organization' || name === 'env');
  };
}

/**
 * For development only: answers `/api/*` of a page from the control socket of a data directory, in the place of sign-in. True where the
 * request was answered.
 */
export function createControlSocketProxy(data: string) {
  const socketPath = join(data, 'control.sock');
  const placesOf = readRealmParameters();
  let organization: string | undefined;

  const open = (
    method: string,
    path: string,
    headers: IncomingMessage['headers'],
    body?: IncomingMessage,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { host: _, cookie: __, origin: ___, connection: ____, ...rest } = headers;
      const call = request({ socketPath, method, path, headers: rest }, resolve);
      call.on('error', reject);
      if (body) body.pipe(call);
      else call.end();
    });
  const findOrganization = async (): Promise<string> => {
    const text = await readAll(await open('GET', '/api/admin/organizations', {}));
    const [first] = (JSON.parse(text) as { items: { id: string }[] }).items;
    if (!first) throw new Error(`${data} holds no organization: run "gatehouse init" first.`);
    return first.id;
  };
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse, url: URL): Promise<void> => {
    organization ??= await findOrganization();
    if (url.pathname === '/api/auth/session') {
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(JSON.stringify(operatorSession(organization)));
      return;
    }
    const { method = 'GET', headers } = incoming;
    const defaults: Record<string, string> = { organization, env: 'live' };
    for (const name of placesOf(method, url.pathname))
      if (!url.searchParams.has(name)) url.searchParams.set(name, defaults[name] ?? '');
    const reply = await open(method, url.pathname + url.search, headers, incoming);
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(outgoing);
  };

  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean> => {
    const url = new URL(incoming.url ?? '/', 'http://gatehouse');
    if (!url.pathname.startsWith('/api/')) return false;
    if (!isOwnPage(incoming)) {
      outgoing.writeHead(403, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ error: 'Only pages of this server may ask it.', code: 'FORBIDDEN' }));
      return true;
    }
    try {
      await answer(incoming, outgoing, url);
    } catch (error) {
      outgoing.writeHead(502, { 'content-type': 'application/json' });
      const sentence = `No service answers at ${socketPath} (${(error as Error).message}): start one with "npm run dev:service -- --data ${data}".`;
      outgoing.end(JSON.stringify({ error: sentence, code: 'NO_SERVICE' }));
    }
    return true;
  };
}

/** Pages of other sites in the same browser could act as the operator, since there is no sign-in. Programs send no such header. */
const isOwnPage = ({ headers }: IncomingMessage) =>
  [undefined, 'same-origin', 'none'].includes(headers['sec-fetch-site'] as string | undefined);

async function readAll(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}

/** `npm run dev` and `npm run dev:console`: the pages of Vite's development server, with the box at GATEHOUSE_DATA behind them. */
export function controlSocketProxy(pages: readonly string[]): Plugin {
  return {
    name: 'gatehouse-control-socket',
    apply: 'serve',
    configureServer(server) {
      const proxy = createControlSocketProxy(process.env.GATEHOUSE_DATA ?? 'data');
      server.middlewares.use((incoming, outgoing, next) => {
        const page = pages.find((one) => incoming.url?.split(/[/?]/)[1] === one);
        if (page && incoming.headers.accept?.includes('text/html')) incoming.url = `/${page}/index.html`;
        proxy(incoming, outgoing).then((answered) => {
          if (!answered) next();
        }, next);
      });
    },
  };
}
