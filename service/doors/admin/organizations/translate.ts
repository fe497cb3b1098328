import type { GalleryCalibration } from '../../../engine/gallery-calibration/index.ts';
import type { Organization } from '../../../engine/organizations/index.ts';
import { time } from '../../../lib/time.ts';
import type { CalibrationReply, OrganizationReply } from './wire.ts';

export const fromOrganization = ({
  createdAt,
  erasedAt,
  attestation,
  retention: _,
  ...rest
}: Organization): OrganizationReply => ({
  ...rest,
  createdAt: time(createdAt),
  erasedAt: erasedAt === undefined ? undefined : time(erasedAt),
  attestation: attestation && { ...attestation, attestedAt: time(attestation.attestedAt) },
});

export const fromCalibration = ({ world, measuredAt, ...rest }: GalleryCalibration): CalibrationReply => ({
  ...rest,
  env: world,
  measuredAt: time(measuredAt),
});
