import type { FastifyRequest } from 'fastify';
import type { LiveState, Sessions } from '../../engine/live/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { fromState, toBehavior, toImage } from './translate.ts';
import type { Signals, SignalsReply } from './wire.ts';

export interface SignalsDeps {
  liveSessions: Pick<Sessions, 'holder' | 'open' | 'connect' | 'noteBehavior'>;
}

/** States in which frames begin an attempt. */
const waiting: ReadonlySet<LiveState['state']> = new Set(['ready', 'between']);
/** States in which no frame is looked at. */
const closed: ReadonlySet<LiveState['state']> = new Set(['decided', 'ended', 'checking', 'following']);

/** Frames of a page that the relying party made itself. Throws CONSENT_REQUIRED before the person has agreed. */
export async function takeSignals(
  { liveSessions }: SignalsDeps,
  {
    id,
    token,
    signals: { frames, device = {}, consent, ...more },
    request,
  }: { id: string; token: string; signals: Signals; request: FastifyRequest },
): Promise<SignalsReply> {
  const holder = await liveSessions.holder(token);
  if (holder?.id !== id) throw new Problem('NOT_FOUND', `The token is not that of the session ${id}.`);
  if (!holder.agreed) {
    if (!consent)
      throw new Problem(
        'CONSENT_REQUIRED',
        'Show the person the text of GET /api/v1/sessions/:id first, and send consent with its version; or open verifyUrl, which does it.',
      );
    const { textVersion, purposes, flash, motion } = consent;
    await liveSessions.open(token, {
      consent: { version: textVersion, ...defined({ purposes }) },
      path: { flash, motion },
      device: { ...defined(device), address: request.ip },
      request: request.id,
    });
  }
  // Before the frames: one of them may decide.
  const behavior = toBehavior(more);
  if (behavior) liveSessions.noteBehavior(id, behavior);
  const link = await liveSessions.connect(token, { posts: true, address: request.ip });
  try {
    let state = await link.state();
    if (frames.length > 0 && waiting.has(state.state)) state = await link.start();
    let accepted = 0;
    for (const { image, time } of frames) {
      if (closed.has(state.state) || state.state === 'between') break;
      state = await link.submitFrame(toImage(image), time);
      // Above the pace, or in the queue, a frame is left out.
      if (state.judged !== undefined) accepted++;
    }
    return fromState(state, accepted);
  } finally {
    link.close();
  }
}
