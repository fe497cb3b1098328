import {
  FEWEST_PEOPLE,
  type GalleryCalibration,
  type GalleryCalibrations,
} from '../../../engine/gallery-calibration/index.ts';
import type { Organization } from '../../../engine/organizations/index.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import type { CalibrationReply, CalibrationsReply, OrganizationReply } from './wire.ts';

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

export const fromCalibrations = (
  calibrations: Pick<GalleryCalibrations, 'list' | 'galleries'>,
  organization: OrganizationId,
): CalibrationsReply => ({
  items: calibrations.list(organization).map(fromCalibration),
  galleries: calibrations
    .galleries(organization)
    .map(({ world, ...rest }) => ({ ...rest, env: world, fewest: FEWEST_PEOPLE })),
});
