import { listen } from './huma-shop.ts';

/** How forms of these services are written, and what their servers ask. */
export const forms = {
  turnstile: {
    script: '/turnstile/v0/api.js',
    field: 'cf-turnstile-response',
    verify: '/turnstile/v0/siteverify',
    box: 'cf-turnstile',
  },
  recaptcha: {
    script: '/recaptcha/api.js',
    field: 'g-recaptcha-response',
    verify: '/recaptcha/api/siteverify',
    box: 'g-recaptcha',
  },
  hcaptcha: {
    script: '/1/api.js',
    field: 'h-captcha-response',
    verify: '/siteverify',
    box: 'h-captcha',
  },
  scored: {
    script: '/recaptcha/v3/api.js',
    field: 'g-recaptcha-response',
    verify: '/recaptcha/v3/api/siteverify',
    box: undefined,
  },
} as const;
export type FormKind = keyof typeof forms;

/** What the receiver was posted, what the box said of it, and whether the form got through. */
export interface Receipt {
  name: string | null;
  token: string | null;
  answer: Record<string, unknown>;
  through: boolean;
}

interface Keys {
  base: string;
  sitekey: string;
  secret: string;
}

/** A site of another origin than the box, with one form of each service, and a server that knows `siteverify` alone. */
export async function openSite(keysOf: (origin: string) => Promise<Keys>) {
  const receipts: Receipt[] = [];
  let keys: Keys;
  const site = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://site');
    const kind = pathname.slice(1) as FormKind;
    if (request.method === 'POST') {
      let text = '';
      for await (const part of request.setEncoding('utf8')) text += part;
      const receipt = await judge(kind, new URLSearchParams(text), keys);
      receipts.push(receipt);
      response.setHeader('content-type', 'text/html; charset=utf-8');
      return response.end(
        `<!doctype html><html lang="en"><title>Sent</title><h1>${receipt.through ? 'Welcome' : 'Refused'}</h1>`,
      );
    }
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; img-src data:; script-src 'self' ${keys.base}; connect-src ${keys.base}; form-action 'self'`,
    );
    if (pathname === '/site.js') return response.setHeader('content-type', 'text/javascript').end(siteScript);
    if (!(kind in forms)) return response.writeHead(404).end();
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(pageOf(kind, searchParams.get('lang') ?? 'en', searchParams.get('how') ?? '', keys));
  });
  keys = await keysOf(site.base);
  return {
    ...site,
    receipts,
    judge: (kind: FormKind, form: Record<string, string>) => judge(kind, new URLSearchParams(form), keys),
  };
}

/** As the libraries of the services do it; of a score half is asked. */
async function judge(kind: FormKind, form: URLSearchParams, { base, secret }: Keys): Promise<Receipt> {
  const { field, verify } = forms[kind];
  const token = form.get(field);
  const body = new URLSearchParams({ secret, response: token ?? '', remoteip: '127.0.0.1' });
  const reply = await fetch(`${base}${verify}`, { method: 'POST', body });
  const answer = (await reply.json()) as Record<string, unknown>;
  const through = answer.success === true && (kind !== 'scored' || Number(answer.score) >= 0.5);
  return { name: form.get('name'), token, answer, through };
}

const siteScript = `
window.got = [];
window.onToken = (token) => got.push(token);
window.onOver = () => got.push('over');
window.onFault = (why) => got.push('failed ' + why);
const how = document.body.dataset;
if (how.form === 'scored')
  document.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const { target } = event;
    const token = await grecaptcha.execute(how.key, { action: 'signup' });
    target.querySelector('[name=g-recaptcha-response]').value = token;
    target.submit();
  });
window.onReady = () => {
  const [api, options] = { turnstile: [turnstile, {}], recaptcha: [grecaptcha, {}], hcaptcha: [hcaptcha, {}] }[how.form];
  window.made = api.render('#check', { sitekey: how.key, callback: onToken, 'expired-callback': onOver, action: 'signup' });
  window.api = api;
};
`;

/** `how`: `explicit`, or `invisible`. */
function pageOf(kind: FormKind, lang: string, how: string, { base, sitekey }: Keys): string {
  const { script, box } = forms[kind];
  const query =
    how === 'explicit' ? '?onload=onReady&render=explicit' : kind === 'scored' ? `?render=${sitekey}` : '';
  const callbacks =
    'data-action="signup" data-callback="onToken" data-expired-callback="onOver" data-error-callback="onFault"';
  const check =
    box === undefined
      ? '<input type="hidden" name="g-recaptcha-response">'
      : how === 'explicit'
        ? '<div id="check"></div>'
        : `<div class="${box}" data-sitekey="${sitekey}" ${callbacks} ${how === 'invisible' ? 'data-size="invisible"' : ''}></div>`;
  return `<!doctype html><html lang="${lang}"><title>Sign up</title>
<script src="/site.js" defer></script><script src="${base}${script}${query}" async defer></script>
<body data-key="${sitekey}" data-form="${kind}"><main><h1>Sign up</h1>
<form method="post" action="/${kind}"><p><label>Name <input name="name"></label></p>${check}<p><button>Send</button></p></form></main></body></html>`;
}
