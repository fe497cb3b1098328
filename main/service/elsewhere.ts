import { X509Certificate } from 'node:crypto';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import * as tls from 'node:tls';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { createAdminClient } from '../../sdk/admin/client.ts';
import { toResponse } from '../../sdk/admin/socket-fetch.ts';
import { fingerprintOf } from '../windows/certificate-trust.ts';
import type { Found } from './service-state.ts';

/** Milliseconds for an answer over the network. */
const PATIENCE = 10_000;
const MOST_BYTES = 100_000;

const Ready = z.object({ ready: z.boolean(), reason: z.string().optional(), code: z.string().optional() });

export interface Elsewhere {
  /** Looks once; never throws. */
  find(): Promise<Found>;
  /** PEM of the box's authority, once one with the fingerprint was seen. */
  authority(): string | undefined;
}

/** Looks for the service on another machine, by its address. With a fingerprint the certificate of the box's own authority counts, and no other. */
export function findElsewhere({ url, fingerprint }: { url: URL; fingerprint?: string }): Elsewhere {
  let authority: string | undefined;
  async function find(): Promise<Found> {
    if (fingerprint !== undefined) authority ??= await fetchAuthority(url, fingerprint);
    const box = createAdminClient(sendWith({ ca: authority ?? systemAuthorities() }), url.origin);
    const { data, error, response } = await box.GET('/ready');
    const ready = Ready.safeParse(data ?? error);
    if (!ready.success)
      return { is: 'unreached', why: `What answers at ${url.origin} (${response.status}) is no Gatehouse.` };
    if (ready.data.ready) return { is: 'ready', url: url.origin };
    if (ready.data.code === 'SEALED') return { is: 'sealed' };
    return { is: 'waiting', why: ready.data.reason ?? 'The service is starting.' };
  }
  return {
    find: () => find().catch((error: unknown) => ({ is: 'unreached', why: whyNot(error, url) })),
    authority: () => authority,
  };
}

/** Trusted only by its fingerprint, because the connection is not verified. */
async function fetchAuthority(url: URL, fingerprint: string): Promise<string> {
  const send = sendWith({ rejectUnauthorized: false });
  const answer = await send(new Request(new URL('/trust/gatehouse-ca.crt', url)));
  if (!answer.ok)
    throw new Error(
      `${url.origin} serves no certificate of its own authority (${answer.status}): omit --fingerprint, and make this system trust its certificate.`,
    );
  // Of what is handed out only the first counts: who stands in between may have added their own.
  const first = new X509Certificate(await answer.text()).toString();
  const found = fingerprintOf(first);
  if (found === fingerprint) return first;
  throw new Error(
    `The certificate authority of ${url.origin} has another fingerprint (${found}) than --fingerprint names. ` +
      'Compare with "gatehouse certificate show" on the box itself: another machine may impersonate it.',
  );
}

/** `fetch` with the given certificate authorities, for a whole answer within the limits. */
const sendWith =
  ({ ca, ...rest }: { ca?: string | readonly string[]; rejectUnauthorized?: false }) =>
  async ({ url, method, headers }: Request): Promise<Response> => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const open = url.startsWith('https:') ? request : plainRequest;
    const call = open(
      url,
      {
        method,
        headers: Object.fromEntries(headers),
        signal: AbortSignal.timeout(PATIENCE),
        agent: false,
        ...rest,
        ...(ca !== undefined && { ca: [ca].flat() }),
      },
      (answer) => {
        resolve(toResponse(answer.statusCode ?? 0, answer.headers, ofAtMost(answer, MOST_BYTES)));
      },
    );
    call.on('error', reject);
    call.end();
    return promise;
  };

async function* ofAtMost(parts: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.length;
    if (bytes > most) throw new Error('The answer does not end.');
    yield part;
  }
}

/** Electron's Node.js may not know those of the system. */
const systemAuthorities = (): string[] => [...rootCertificates, ...(tls.getCACertificates?.('system') ?? [])];

function whyNot(error: unknown, { origin }: URL): string {
  if (error instanceof SyntaxError) return `What answers at ${origin} is no Gatehouse.`;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return (
      `${origin} shows a certificate that this system does not trust (${code}). If it is of the box's own authority, name the ` +
      'fingerprint that "gatehouse certificate show" prints there: --fingerprint HEX'
    );
  return code ? `${origin} does not answer (${code}): is the machine on, and the service running?` : message;
}
