import { createHash } from 'node:crypto';
import type { listed } from './client-files.ts';

const style = `
:root { color-scheme: light dark; --line: light-dark(#e1e2dd, #2b3337); --sunken: light-dark(#fafaf8, #141a1c) }
body { margin: 0; background: light-dark(#f5f5f2, #101416); color: light-dark(#1b2023, #e9edee); font: 16px/24px ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif }
main { max-width: 48rem; margin: 0 auto; padding: 32px 16px }
h1 { font-size: 28px; line-height: 34px; margin: 0 0 12px }
h2 { font-size: 20px; line-height: 28px; margin: 24px 0 8px }
pre, code { font: 14px/22px ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere }
pre { padding: 8px 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--sunken); white-space: pre-wrap }
li { margin: 0 0 12px; overflow-wrap: anywhere }
ul { padding-left: 20px }
a { color: light-dark(#0e5569, #7cc4d8); text-underline-offset: 3px }
small { color: light-dark(#465055, #b7c0c4) }
`;

export const sdkPagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** `origin`: of the address that the page was asked for by. */
export function sdkPage(
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
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Client libraries of Gatehouse ${version}</title><style>${style}</style></head>
<body><main>
<h1>Client libraries of Gatehouse ${version}</h1>
<p>They fit this box and come from it alone: they are on no registry.</p>
<h2>With npm</h2>
<pre>npm install ${escapeHtml(`${origin}${sdk!.url}`)}</pre>
<p>Where the box issues its own certificate, npm needs its authority (<a href="/trust">from this box</a>): set <code>NODE_EXTRA_CA_CERTS=/path/to/authority.pem</code> for it and for your server. Where npm reaches no registry, add <code>--legacy-peer-deps</code>.</p>
<h2>In a page, without a bundler</h2>
<pre>${tags.map(escapeHtml).join('\n')}</pre>
<h2>Files</h2>
<ul>${items.join('\n')}</ul>
<p>As JSON, with the hashes for <code>integrity</code>: this address with the header <code>Accept: application/json</code>.</p>
</main></body></html>
`;
}

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
