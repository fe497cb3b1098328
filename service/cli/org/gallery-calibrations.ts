import { replyOf } from '../../../sdk/admin/client.ts';
import type { Control } from '../control/control.ts';
import type { Calibration } from './gallery-calibration-text.ts';

/** What the own galleries of an organization raise thresholds by. */
export async function listCalibrations(open: Control, organization: string): Promise<Calibration[]> {
  const { items } = await replyOf(
    open.admin.GET('/api/admin/organization/calibrations', { params: { query: { organization } } }),
  );
  return items;
}
