import { createHash } from 'node:crypto';
import { fastify } from 'fastify';
import { answerOnce } from '../../lib/machine/page-thread.ts';

type Path = '/docs/' | '/docs/js/scalar.js';
export type Reference = Record<Path, { headers: Record<string, string>; body: Uint8Array<ArrayBuffer> }>;

/** The page of the API reference and its script. */
async function renderReference(): Promise<Reference> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  await using renderer = fastify();
  await renderer.register(scalar, { routePrefix: '/docs', configuration });
  const render = async (path: Path) => {
    const { headers, body } = await renderer.inject(path);
    const type = String(headers['content-type']);
    const kept: Record<string, string> = type.startsWith('text/html')
      ? { 'content-security-policy': policyOf(body) }
      : { 'cache-control': 'public, max-age=3600' };
    return { headers: { 'content-type': type, ...kept }, body: new TextEncoder().encode(body) };
  };
  return { '/docs/': await render('/docs/'), '/docs/js/scalar.js': await render('/docs/js/scalar.js') };
}

const configuration = {
  url: '/openapi.json',
  pageTitle: 'Gatehouse API',
  withDefaultFonts: false,
  hideClientButton: true,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  favicon: '/favicon.ico',
  orderSchemaPropertiesBy: 'preserve',
  // Its heading says "Models", which here are neural networks; every schema is shown where it is used.
  hideModels: true,
  authentication: { preferredSecurityScheme: 'apiKey' },
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
} as const;

/** The inline script that starts the page is allowed by its hash; styles are made at run time and cannot be. */
function policyOf(html: string): string {
  const hashes = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

void answerOnce(renderReference, (made) => Object.values(made).map(({ body }) => body.buffer));
