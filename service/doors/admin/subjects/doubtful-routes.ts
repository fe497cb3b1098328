import type { GalleryCalibrations } from '../../../engine/gallery-calibration/index.ts';
import { readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { DoubtfulReply } from './wire.ts';

export interface DoubtfulRouteDeps {
  calibrations: Pick<GalleryCalibrations, 'doubtful'>;
}

/** People whose picture should be taken again. */
export const doubtfulRoutes = ({ calibrations }: DoubtfulRouteDeps): AdminRoute[] => [
  route({
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'No API key may list people: on the box run "gatehouse subject doubtful".',
    method: 'GET',
    url: '/subjects/doubtful',
    operationId: 'listDoubtfulPeople',
    effect: 'reads-personal',
    summary: 'List people to enroll again',
    description:
      'People whose template does not distinguish them from others. Reads every template of the world, and takes seconds with thousands of people. Enroll a better picture, then remove the old one. The listing is recorded in the audit log.',
    may: { operator: true, administrator: readers, key: false },
    lasting: true,
    reply: DoubtfulReply,
    handle: async ({ realm, who }) => ({
      items: (await calibrations.doubtful(realm, who)).map(({ subject, ...rest }) => ({
        ...rest,
        id: subject,
      })),
    }),
  }),
];
