import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import type { WebhookDialect, WebhookErrorCode } from '../../sdk/gatehouse/src/index.ts';
import type { VerifyWebhookOptions } from '../../sdk/gatehouse/src/verify-webhook.ts';

/** Deliveries signed from the texts of the dialects, not with Gatehouse's own code: at this time, with this secret. */
export const seconds = Date.UTC(2026, 10, 20, 12) / 1000;
export const text = '{"event":"bot.detected","name":"Zoë 🤖"}';
export const event = JSON.parse(text);
export const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const other = 'whsec_AAKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const at = (time = seconds): VerifyWebhookOptions => ({ now: () => time * 1000 });

const mac = (key: string | Buffer, ...parts: string[]) => {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac;
};

type Headers = Record<string, string>;

export const standard = (body = text, key = secret, time = seconds, id = 'evt_1'): Headers => ({
  'webhook-id': id,
  'webhook-timestamp': String(time),
  'webhook-signature': `v1,${mac(Buffer.from(key.split('whsec_')[1]!, 'base64'), `${id}.${time}.`, body).digest('base64')}`,
});

export const own = {
  timestamped: (body = text, key = secret, time = seconds): Headers => ({
    'Huma-Signature': `t=${time},v1=${mac(key, `${time}.`, body).digest('hex')}`,
  }),
  sha256: (body = text, key = secret): Headers => ({
    'X-VerifyHuman-Signature': `sha256=${mac(key, body).digest('hex')}`,
  }),
  hex: (body = text, key = secret): Headers => ({ 'x-proof-signature': mac(key, body).digest('hex') }),
};

export const delivery = (dialect: WebhookDialect, body = text, key = secret, time = seconds): Headers => ({
  ...standard(body, key, time),
  ...(dialect === 'standard' ? {} : own[dialect](body, key, time)),
});

/** With which code a delivery was refused; every refusal is a sentence. */
export async function refusal(promise: Promise<unknown>): Promise<WebhookErrorCode | 'accepted'> {
  return promise.then(
    () => 'accepted' as const,
    (error) => {
      expect(error).toMatchObject({
        name: 'WebhookVerificationError',
        message: expect.stringMatching(/\.$|\?$/),
      });
      return error.code;
    },
  );
}
