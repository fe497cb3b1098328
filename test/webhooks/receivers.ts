import { createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { verifyWebhook } from '../../sdk/gatehouse/src/index.ts';
import type { SignatureDialect } from '../../service/engine/events/index.ts';
import { behaviorSample } from '../support/behavior-samples.ts';

/** What came in, as a server without a framework has it. */
export interface Received {
  path: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
}

/** True where the receiver takes the delivery for genuine. None of them knows anything of Gatehouse’s own code. */
export type Receiver = (received: Received, secret: string) => boolean | Promise<boolean>;

/** `Verify it to confirm the request came from useHUMA.`: behavior.txt, letter by letter. */
const printed = behaviorSample('verifyWebhook');

const { verifyWebhook: asPrinted } = (await import(
  `data:text/javascript,${encodeURIComponent(`${printed}\nexport { verifyWebhook };`)}`
)) as { verifyWebhook(rawBody: Buffer, signature: string, secret: string): boolean };

/** A receiver that throws refuses. */
const never = (work: () => boolean): boolean => {
  try {
    return work();
  } catch {
    return false;
  }
};

const hmac = (secret: string, body: Buffer) => createHmac('sha256', secret).update(body).digest('hex');
const same = (a: string, b: string | undefined) =>
  b !== undefined && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Per dialect, as its family’s text prescribes. `header`: where it reads the signature, unless renamed. */
export const ownReceivers: Record<
  Exclude<SignatureDialect, 'standard'>,
  { header: string; accepts(received: Received, secret: string, header?: string): boolean }
> = {
  timestamped: {
    header: 'huma-signature',
    accepts: ({ headers, body }, secret, header = 'huma-signature') =>
      never(() => asPrinted(body, headers[header]!, secret)),
  },
  // hosted.txt: "Validates the HMAC-SHA256 signature using your webhook signing secret", `sha256=<hmac>`.
  sha256: {
    header: 'x-verifyhuman-signature',
    accepts: ({ headers, body }, secret, header = 'x-verifyhuman-signature') =>
      same(`sha256=${hmac(secret, body)}`, headers[header]),
  },
  // identity.txt: "HMAC-SHA256 of the raw body signed with your webhook secret".
  hex: {
    header: 'x-proof-signature',
    accepts: ({ headers, body }, secret, header = 'x-proof-signature') =>
      same(hmac(secret, body), headers[header]),
  },
};

/** The library of the standard, by the clock of the process. It takes what stands from `whsec_` on. */
export const standardLibrary: Receiver = ({ headers, body }, secret) => {
  try {
    new Webhook(secret.slice(secret.indexOf('whsec_'))).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};

export const ourSdk =
  (header?: string): Receiver =>
  ({ headers, body }, secret) =>
    verifyWebhook(body, headers, secret, header === undefined ? {} : { header }).then(
      () => true,
      () => false,
    );
