import type { ProfileVersion } from '../../../engine/profiles/index.ts';
import type { ProfilePreview } from '../../../engine/verification/index.ts';
import { time } from '../../../lib/time.ts';
import type { ProfilePreviewReply, ProfileVersionReply } from './wire.ts';

export const fromVersion = ({ createdAt, removed, ...rest }: ProfileVersion): ProfileVersionReply => ({
  ...rest,
  createdAt: time(createdAt),
  removedAt: removed && time(removed.at),
  removedBy: removed?.by,
});

export const fromPreview = ({ changed, oldest, newest, ...rest }: ProfilePreview): ProfilePreviewReply => ({
  ...rest,
  oldest: time(oldest),
  newest: time(newest),
  refusedNow: changed.filter(({ verified }) => verified).length,
  verifiedNow: changed.filter(({ wouldVerify }) => wouldVerify).length,
  changed: changed.map(({ verification, at, ...one }) => ({
    ...one,
    verificationId: verification,
    at: time(at),
  })),
});
