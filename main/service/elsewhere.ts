import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import * as tls from 'node:tls';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { fingerprintOf } from '../windows/certificate-trust.ts';
import type { Found } from './service-state.ts';

/** Milliseconds for an answer over the network. */
const PATIENCE = 10_000;
const MOST_BYTES = 100_000;

const Ready = z.object({ ready: z.boolean(), reason: z.string().optional(), code: z.string().optional() });

export interface Elsewhere {
  /** Looks once; never throws. */
  look(): Promise<Found>;
  /** PEM of the box's authority, once one with the fingerprint was seen. */
  authority(): string | undefined;
}

/** Looks for the service on another machine, by its address. With a fingerprint the certificate of the box's own authority counts, and no other. */
export function lookElsewhere({ url, fingerprint }: { url: URL; fingerprint?: string }): Elsewhere {
  let authority: string | undefined;
  async function look(): Promise<Found> {
    if (fingerprint !== undefined) authority ??= await fetchAuthority(url, fingerprint);
    const { status, body } = await ask(new URL('/ready', url), { ca: authority ?? systemAuthorities() });
    const ready = Ready.safeParse(body.startsWith('{') ? JSON.parse(body) : undefined);
    if (!ready.success)
      return { is: 'unreached', why: `What answers at ${url.origin} (${status}) is no Gatehouse.` };
    if (ready.data.ready) return { is: 'ready', url: url.origin };
    if (ready.data.code === 'SEALED') return { is: 'sealed' };
    return { is: 'waiting', why: ready.data.reason ?? 'The service is starting.' };
  }
  return {
    look: () => look().catch((error: unknown) => ({ is: 'unreached', why: whyNot(error, url) })),
    authority: () => authority,
  };
}

/** Its fingerprint is what makes it trusted, whoever sent it. */
async function fetchAuthority(url: URL, fingerprint: string): Promise<string> {
  const { status, body } = await ask(new URL('/trust/gatehouse-ca.crt', url), { rejectUnauthorized: false });
  if (status !== 200)
    throw new Error(
      `${url.origin} serves no certificate of its own authority (${status}): leave --fingerprint away, and have its certificate trusted by this system.`,
    );
  const found = fingerprintOf(body);
  if (found === fingerprint) return body;
  throw new Error(
    `The certificate authority of ${url.origin} has another fingerprint (${found}) than --fingerprint names. ` +
      'Compare with "gatehouse certificate show" on the box itself: this may be another machine that poses as it.',
  );
}

interface Reply {
  status: number;
  body: string;
}

function ask(
  at: URL,
  trust: { ca?: string | readonly string[]; rejectUnauthorized?: false },
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const signal = AbortSignal.timeout(PATIENCE);
  const open = at.protocol === 'https:' ? request : plainRequest;
  const { ca, ...rest } = trust;
  const call = open(
    at,
    { signal, agent: false, ...rest, ...(ca !== undefined && { ca: [ca].flat() }) },
    (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        body += text;
        if (body.length > MOST_BYTES) call.destroy(new Error('the answer does not end'));
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    },
  );
  call.on('error', reject);
  call.end();
  return promise;
}

/** Electron's Node.js may not know those of the system. */
const systemAuthorities = (): string[] => [...rootCertificates, ...(tls.getCACertificates?.('system') ?? [])];

function whyNot(error: unknown, { origin }: URL): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return (
      `${origin} shows a certificate that this system does not trust (${code}). If it is of the box's own authority, name the ` +
      'fingerprint that "gatehouse certificate show" prints there: --fingerprint HEX'
    );
  return code ? `${origin} does not answer (${code}): is the machine on, and the service running?` : message;
}
