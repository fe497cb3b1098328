import { MOST_ATTEMPTS } from '../parts.ts';
import { createAttempt } from './attempt.ts';
import { type AttemptContext, freshRow, hasPlace, leaveQueue } from './context.ts';
import { planOf } from './judge-frame.ts';
import type { Room } from './rooms.ts';

/** Begins the attempt that waits, once there is a place. It is counted before its challenge is drawn. */
export async function beginAttempt(context: AttemptContext, room: Room): Promise<void> {
  const { parts } = context;
  const { store, sealed, clock, turns, inTransaction, challenges } = parts;
  if (!hasPlace(context, room) || room.attempt || room.finishing) return;
  await turns(room.session, async () => {
    if (room.attempt || room.finishing || !room.wantsStart) return;
    const row = await freshRow(context, room.session);
    if (row.decision !== null) return;
    const { profile, plan } = await planOf(parts, { realm: room.realm, profile: row.profile });
    const now = clock.now();
    room.plan = { plan, at: now };
    // An attempt without a challenge: its end could not be stored.
    if (row.running_since !== null)
      await inTransaction((tx) => store.changeUndecided(tx, row.id, { running_since: null }));
    const { uniquenessRule, device: before, page } = await sealed.whole(row);
    const device = { ...before, ...room.camera };
    const change = room.camera && { device_sealed: await sealed.seal(row, 'device', device) };
    const counted = await inTransaction(async (tx) => {
      if (change) await store.changeUndecided(tx, row.id, change);
      return store.beginAttempt(tx, row.id, { now, most: MOST_ATTEMPTS });
    });
    room.wantsStart = false;
    if (!counted) return leaveQueue(context, room);
    const { address: _, ...camera } = device;
    Object.assign(room, {
      reviewable: uniquenessRule.policy === 'block',
      keepsPictures: page.pictures === true,
      device: camera,
    });
    const path = { flash: row.flash === 1, motion: row.motion === 1 };
    const challenge = challenges.begin(profile, plan, path);
    room.attempt = createAttempt(row.attempts + 1, challenge, { startedAt: now });
  });
}
