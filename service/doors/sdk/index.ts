import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { compressReplies } from '../../http/compressed-replies.ts';
import type { BuiltPages } from '../../http/pages/built-pages.ts';
import { escapeHtml, plainDocument, plainPagePolicy } from '../../http/pages/plain-page.ts';
import { Problem } from '../../lib/problem.ts';

export interface SdkDoorDeps {
  /** What `npm run build:renderer` made; undefined: nothing yet. */
  pages: () => Promise<BuiltPages | undefined>;
  /** Where `npm run build:sdk` puts the client libraries. */
  clients: string;
  version: string;
}

const hidden = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
const TEN_MINUTES = 'public, max-age=600';
const FOR_EVER = 'public, max-age=31536000, immutable';

/** Scripts that pages of every origin load; the last stand where pages of Turnstile, reCAPTCHA and hCaptcha look for theirs. */
const scripts = {
  '/sdk/gatehouse.js': 'gatehouse.js',
  '/turnstile/v0/api.js': 'siteverify.js',
  '/recaptcha/api.js': 'siteverify.js',
  '/recaptcha/v3/api.js': 'siteverify.js',
  '/1/api.js': 'siteverify.js',
};

/** `/sdk/`: the client libraries of this version, and the scripts. Nothing in them is secret. */
export const createSdkDoor = ({ pages, clients, version }: SdkDoorDeps): FastifyPluginAsync => {
  const files = createClientFiles(clients, version);
  return async (app) => {
    compressReplies(app);
    for (const [path, name] of Object.entries(scripts))
      app.get(path, hidden, async (_, reply) => {
        const script = (await pages())?.script(name);
        if (!script)
          throw new Problem(
            'NOT_FOUND',
            'The script is not built. Run npm run build:renderer in the folder of Gatehouse.',
          );
        return sendOpen(reply, script, TEN_MINUTES);
      });

    app.get<{ Params: { name: string } }>('/sdk/:name', hidden, async ({ params }, reply) => {
      const file = built(await files()).find(({ name }) => name === params.name);
      if (!file)
        throw new Problem('NOT_FOUND', `This box serves no ${params.name}: /sdk/ lists what it does.`);
      return sendOpen(reply, file, FOR_EVER);
    });

    app.get('/sdk/', hidden, async (request, reply) => {
      const list = { version, files: built(await files()).map(listed) };
      reply.headers({ 'cache-control': 'no-cache', vary: 'accept' });
      if (!/\btext\/html\b/i.test(request.headers.accept ?? '')) return list;
      return reply
        .header('content-security-policy', plainPagePolicy)
        .type('text/html; charset=utf-8')
        .send(sdkPage(list, `${request.protocol}://${request.host}`));
    });
  };
};

/** Pages of every origin may load it. */
const sendOpen = (reply: FastifyReply, { type, bytes }: { type: string; bytes: Buffer }, cached: string) =>
  reply
    .headers({
      'cache-control': cached,
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    })
    .type(type)
    .send(bytes);

function built(files: readonly ClientFile[] | undefined): readonly ClientFile[] {
  if (files) return files;
  throw new Problem(
    'NOT_FOUND',
    'The client libraries of this version are not built. Run npm run build:sdk in the folder of Gatehouse.',
  );
}

/** `origin`: of the address that the page was asked for by. */
function sdkPage(
  { version, files }: { version: string; files: readonly ReturnType<typeof listed>[] },
  origin: string,
): string {
  const scripts = files.filter(({ name }) => name.endsWith('.js'));
  const tags = scripts.map(
    ({ url, integrity }) =>
      `<script src="${origin}${url}" integrity="${integrity}" crossorigin="anonymous"></script>`,
  );
  const [sdk] = files;
  const items = files.map(
    ({ name, url, about, bytes, sha256 }) =>
      `<li><a href="${url}">${name}</a>: ${escapeHtml(about)}<br><small>${(bytes / 1000).toFixed(1)} kB, SHA-256 <code>${sha256}</code></small></li>`,
  );
  return plainDocument({
    title: `Client libraries ${version}`,
    body: `<p>They fit this box and come from it alone: they are on no registry.</p>
<h2>With npm</h2>
<pre>npm install ${escapeHtml(`${origin}${sdk!.url}`)}</pre>
<p>Where the box issues its own certificate, npm needs its authority (<a href="/trust">from this box</a>): set <code>NODE_EXTRA_CA_CERTS=/path/to/authority.pem</code> for it and for your server. Where npm reaches no registry, add <code>--legacy-peer-deps</code>.</p>
<h2>In a page, without a bundler</h2>
<pre>${tags.map(escapeHtml).join('\n')}</pre>
<h2>Files</h2>
<ul>${items.join('\n')}</ul>
<p>As JSON, with the hashes for <code>integrity</code>: this address with the header <code>Accept: application/json</code>.</p>`,
  });
}

interface ClientFile {
  /** With the version in it: what it names never changes. */
  name: string;
  about: string;
  type: string;
  bytes: Buffer;
  /** Hexadecimal. */
  sha256: string;
  /** For the attribute `integrity` of a script tag. */
  integrity: string;
}

const SCRIPT = 'text/javascript; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';
const kinds = [
  ['sdk', 'tgz', 'application/gzip', '@gatehouse/sdk for npm: Proof, HumanPass, huma, webhooks, React, Next'],
  ['mcp', 'tgz', 'application/gzip', '@gatehouse/mcp for npm: presence as tools for AI agents, over stdio'],
  ['mcp', 'mjs', SCRIPT, 'the same as one file for Node 20 or newer'],
  ['proof', 'js', SCRIPT, 'script for a page: GatehouseProof.ProofClient'],
  ['proof', 'd.ts', TEXT, 'its types'],
  ['humanpass', 'js', SCRIPT, 'script for a page: GatehouseHumanPass.HumanPassClient'],
  ['humanpass', 'd.ts', TEXT, 'its types'],
  ['huma', 'js', SCRIPT, 'script for a page: Huma, the same as /sdk/gatehouse.js'],
  ['huma', 'd.ts', TEXT, 'its types'],
] as const;

/** Reads what `npm run build:sdk` made of this version, at the first request; undefined: it is not there. */
function createClientFiles(
  folder: string,
  version: string,
): () => Promise<readonly ClientFile[] | undefined> {
  let read: Promise<ClientFile[]> | undefined;
  return async () => {
    read ??= Promise.all(kinds.map((kind) => readClientFile(folder, version, kind)));
    try {
      return await read;
    } catch (error) {
      read = undefined;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
}

async function readClientFile(
  folder: string,
  version: string,
  [package_, ending, type, about]: (typeof kinds)[number],
): Promise<ClientFile> {
  const name = `gatehouse-${package_}-${version}.${ending}`;
  const bytes = await readFile(join(folder, name));
  const digest = (algorithm: string) => createHash(algorithm).update(bytes);
  const sha256 = digest('sha256').digest('hex');
  return { name, about, type, bytes, sha256, integrity: `sha384-${digest('sha384').digest('base64')}` };
}

/** As the list of `/sdk/` says it. */
const listed = ({ bytes, ...file }: ClientFile) => ({
  ...file,
  url: `/sdk/${file.name}`,
  bytes: bytes.length,
});
