import type { Ground } from './base.ts';
import type { Callers } from './callers.ts';
import type { Erasing } from './erasing.ts';
import type { KeyCare } from './key-care.ts';
import type { LiveSessions } from './live/live-sessions.ts';
import type { Outbound } from './outbound.ts';
import type { People } from './people.ts';
import type { Pictures } from './pictures.ts';

/** Reads what is kept in memory, and ends what an earlier run of the program left unfinished with people. */
export async function readPeople(
  { pictures, erasure, subjects, calibrations, behaviorLayers, consents }: Pictures & Erasing & People,
  { log }: Pick<Ground, 'log'>,
  { serves }: { serves: boolean },
): Promise<void> {
  // The workers load their models while the rest is read.
  const picturesReady = serves ? pictures().ready() : undefined;
  picturesReady?.catch(() => {});
  // Before the galleries: no person who was erased is read into them.
  await erasure.resume();
  // Not in a command that only reads: a sweep cannot be undone.
  const { swept } = serves ? await subjects.sweepKeys() : { swept: 0 };
  if (swept > 0) log.info({ swept }, 'destroyed keys left by enrollments that were cut short');
  await calibrations.load();
  await behaviorLayers.load();
  await consents.load();
  await Promise.all([subjects.loadGalleries(), picturesReady]);
  await calibrations.noticeAll();
}

/** Continues with the work of a service only. */
export async function resumeService({
  rotations,
  renewals,
  organizations,
  eventsOut,
  retention,
  liveSessions,
}: KeyCare & Callers & Pick<Outbound, 'eventsOut'> & Erasing & LiveSessions): Promise<void> {
  await rotations.resume();
  await renewals.resume((await organizations.list()).map(({ id }) => id));
  await eventsOut.alerts.load();
  await retention.checkClock();
  await liveSessions.takeOver();
}
