import {
  builtInProfiles,
  type Profile,
  type ProfileVersion,
  type RatesHold,
} from '../../../engine/profiles/index.ts';
import type { ProfilePreview } from '../../../engine/verification/index.ts';
import { time } from '../../../lib/time.ts';
import type { ProfilePreviewReply, ProfileReply, ProfileVersionReply } from './wire.ts';

export const fromProfile = (profile: Profile, rates: RatesHold): ProfileReply => ({
  ...fromSettings(profile),
  rates,
});

const fromSettings = (profile: Profile): Omit<ProfileReply, 'rates'> => ({
  ...profile,
  ...(!profile.builtIn &&
    builtInProfiles.some(({ slug }) => slug === profile.slug) && { replacesBuiltIn: true }),
});

export const fromVersion = ({
  createdAt,
  createdBy,
  restoredFrom,
  removed,
  ...profile
}: ProfileVersion): ProfileVersionReply => ({
  ...fromSettings(profile),
  createdBy,
  restoredFrom,
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
