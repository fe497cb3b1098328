import type { z } from 'zod';
import type { BegunSession, LinkDescription } from '../../engine/live/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Begun, Description } from './wire.ts';

/** What the page shows before it asks for anything. */
export function fromDescription({
  page,
  profile: _,
  profiles: __,
  realm: ___,
  withoutMotion,
  expiresAt,
  ...rest
}: LinkDescription): z.input<typeof Description> {
  const { consent, ...texts } = page;
  return {
    ...rest,
    ...texts,
    consent,
    openerOrigins: [...rest.openerOrigins],
    // Whether the person may choose the path without it.
    pathChoices: { flash: true, motion: withoutMotion !== 'refuse' },
    ...(withoutMotion === 'review' && { motionReviewed: true as const }),
    expiresAt: new Date(expiresAt).toISOString(),
  };
}

export const fromBegun = ({ sessionId, token, expiresAt }: BegunSession): z.input<typeof Begun> => ({
  sessionId,
  token,
  expiresAt: new Date(expiresAt).toISOString(),
});

/** Base64 with or without a data URL's head. Throws IMAGE_UNREADABLE. */
export function toImage(text: string): Uint8Array {
  const base64 = text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text;
  if (base64 === '' || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64))
    throw new Problem('IMAGE_UNREADABLE', 'A frame is a JPEG in base64.');
  return Buffer.from(base64, 'base64');
}

export const deviceOf = (
  device: Record<string, string | number | undefined>,
  address: string,
  userAgent: string | undefined,
) =>
  defined({ userAgent: userAgent?.slice(0, 500), ...defined(device), address, capturePage: true as const });
