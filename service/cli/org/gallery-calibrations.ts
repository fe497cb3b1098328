import { replyOf } from '../../../sdk/admin/client.ts';
import type { Control } from '../control/control.ts';
import type { OwnGalleries } from './gallery-calibration-text.ts';

/** What the own galleries of an organization raise thresholds by, and which were not measured. */
export const listCalibrations = (open: Control, organization: string): Promise<OwnGalleries> =>
  replyOf(open.admin.GET('/api/admin/organization/calibrations', { params: { query: { organization } } }));

/** Measures them now; rejects when `signal` aborts. */
export const measureCalibrations = (
  open: Control,
  organization: string,
  signal?: AbortSignal,
): Promise<OwnGalleries> =>
  replyOf(
    open.admin.POST('/api/admin/organization/calibrations', {
      params: { query: { organization } },
      ...(signal && { signal }),
    }),
  );
