import { afterEach, describe, expect, test, vi } from 'vitest';
import { verify } from './huma/index.ts';
import HumanPassClient from './humanpass.ts';
import { ProofClient } from './proof.ts';

/** As `Libraries/Blob/URL.js` of React Native 0.74 to 0.79 (0.81 and later have the getters, and neither static method). */
class UrlOfReactNative {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  get href(): string {
    return this.#text;
  }
}
for (const name of [
  'protocol',
  'origin',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
  'username',
  'password',
])
  Object.defineProperty(UrlOfReactNative.prototype, name, {
    get() {
      throw new Error(`URL.${name} is not implemented`);
    },
  });

/** As the polyfill of React Native: no reason, and no `throwIfAborted`. */
const abortedSignal = () => {
  const signal = new EventTarget() as AbortSignal;
  return Object.assign(signal, { aborted: true });
};

const verdict = { human: true, confidence: 0.9, token: 'h_verified_1', pii_stored: false };
const session = {
  sessionId: 's',
  token: 't',
  verifyUrl: 'https://box.lan/verify',
  expiresAt: '2026-04-06T15:00:00Z',
};
const answering = (body: object) => (url: string | URL | Request) => {
  asked.push(String(url));
  return Promise.resolve(new Response(JSON.stringify(body)));
};
let asked: string[] = [];

afterEach(() => {
  asked = [];
  vi.unstubAllGlobals();
});

describe.each([
  ['React Native to 0.79', () => vi.stubGlobal('URL', UrlOfReactNative)],
  [
    'a platform without URL.canParse and URL.parse',
    () =>
      vi.stubGlobal(
        'URL',
        class extends URL {
          static override canParse = undefined as never;
          static override parse = undefined as never;
        },
      ),
  ],
  ['a platform without a source of chance', () => vi.stubGlobal('crypto', undefined)],
])('on %s', (_, become) => {
  test('ProofClient is made, and asks', async () => {
    become();
    const client = new ProofClient({
      baseUrl: 'https://box.lan:7443/',
      apiKey: 'k',
      fetch: answering({ verified: true }),
    });
    expect(await client.verify({ image: 'AAAA' })).toEqual({ verified: true });
    await client.createPresenceSession({ orgId: 'o', purpose: 'p' });
    expect(asked).toEqual(['https://box.lan:7443/api/verify', 'https://box.lan:7443/api/presence/sessions']);
    const stopped = client.verify({ image: 'AAAA' }, { signal: abortedSignal() });
    await expect(stopped).rejects.toThrow('The call was aborted.');
  });

  test('HumanPassClient is made, and asks', async () => {
    become();
    const client = new HumanPassClient({
      apiUrl: 'https://box.lan:7443/',
      apiKey: 'k',
      fetch: answering(session),
    });
    expect(await client.createSession()).toEqual(session);
    expect(asked).toEqual(['https://box.lan:7443/api/v1/sessions']);
  });

  test('huma asks', async () => {
    become();
    const result = await verify({
      userId: 'u',
      apiKey: 'k',
      baseUrl: 'https://box.lan:7443/',
      fetch: answering(verdict),
    });
    expect(result).toMatchObject(verdict);
    expect(asked).toEqual(['https://box.lan:7443/api/v1/verify']);
  });
});

describe('an address is the same for all', () => {
  const make = (address: string) => [
    () => new ProofClient({ baseUrl: address, apiKey: 'k' }),
    () => new HumanPassClient({ apiUrl: address, apiKey: 'k' }),
  ];

  test.each([
    'https://box.lan',
    ' http://192.0.2.7:7300/ ',
    'https://[2001:db8::1]:7443/box/',
    'HTTPS://Büro.example',
  ])('%j is one', (address) => {
    for (const made of make(address)) expect(made).not.toThrow();
  });

  test.each([
    'box.lan',
    'https://',
    'ftp://box.lan',
    'javascript:alert(1)',
    'https://u@box.lan',
    'https://box.lan?a',
    'https://box.lan/#a',
    'https://box lan',
    'https:\\\\box.lan',
    'https://box.lan:port',
  ])('%j is none', (address) => {
    for (const made of make(address))
      expect(made).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('a certificate that Node does not trust is named as the cause, and asked once', () => {
  const failing = (code: string) => () => {
    asked.push(code);
    return Promise.reject(
      new TypeError('fetch failed', { cause: Object.assign(new Error('tls'), { code }) }),
    );
  };
  const calls = (code: string): [string, () => Promise<unknown>][] => {
    const fetch = failing(code);
    const proof = new ProofClient({ baseUrl: 'https://box.lan:7443', apiKey: 'k', fetch });
    const pass = new HumanPassClient({ apiUrl: 'https://box.lan:7443', apiKey: 'k', fetch });
    return [
      ['ProofClient', () => proof.getPresenceSession('p')],
      ['waitForPresence', () => proof.waitForPresence('p')],
      ['HumanPassClient', () => pass.createSession()],
      ['huma', () => verify({ userId: 'u', apiKey: 'k', baseUrl: 'https://box.lan:7443', fetch })],
    ];
  };

  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS=/path/to/authority.pem'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'https://box.lan:7443/trust'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'has to be a name that the certificate is for'],
    ['CERT_HAS_EXPIRED', 'Renew it'],
  ])('%s', async (code, remedy) => {
    for (const [name, call] of calls(code)) {
      asked = [];
      const error = await call().catch((one: unknown) => one);
      expect([name, error]).toMatchObject([name, { code: 'CERTIFICATE_NOT_TRUSTED' }]);
      expect((error as Error).message).toContain(`(${code}). `);
      expect((error as Error).message).toContain(remedy);
      expect(asked).toHaveLength(1);
    }
  });

  test('what is no certificate keeps its code', async () => {
    const client = new ProofClient({
      baseUrl: 'https://box.lan',
      apiKey: 'k',
      maxRetries: 0,
      fetch: failing('ECONNREFUSED'),
    });
    await expect(client.getPresenceSession('p')).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: 'No answer from https://box.lan: fetch failed (ECONNREFUSED)',
    });
  });
});
