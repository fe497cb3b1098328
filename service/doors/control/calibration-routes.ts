import type { FastifyPluginAsync } from 'fastify';
import type { GalleryCalibrations } from '../../engine/gallery-calibration/index.ts';
import type { Organizations } from '../../engine/organizations/index.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';

export interface CalibrationDeps {
  organizations: Organizations;
  calibrations: GalleryCalibrations;
}

/** What the organization's own galleries raise thresholds by. */
export const calibrationRoutes: FastifyPluginAsync<CalibrationDeps> = async (
  app,
  { organizations, calibrations },
) => {
  const organizationOf = createOrganizationOf(organizations);
  app.get('/organizations/:organization/calibrations', async ({ params }) => ({
    calibrations: calibrations.list(await organizationOf(params)),
  }));
  app.post('/organizations/:organization/calibrations', async (request) => ({
    calibrations: await calibrations.measure(await organizationOf(request.params), operator(request)),
  }));
};
