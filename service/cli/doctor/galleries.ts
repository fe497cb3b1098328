import { invocation } from '../invocation.ts';
import { type Calibration, describeCalibration } from '../org/gallery-calibration-text.ts';
import type { Finding } from './checks.ts';

/** Whether the stated error rates were checked on the enrolled people. */
export function checkOwnGalleries(
  galleries: readonly { organization: string; calibrations: readonly Calibration[] }[],
): Finding[] {
  return galleries.flatMap(({ organization, calibrations }) =>
    calibrations
      .filter(({ pairs }) => pairs > 0)
      .map((one): Finding => {
        const found = `${organization}, ${one.env}, scorer ${one.scorer}: ${describeCalibration(one)}`;
        if (!one.outdated) return { what: 'error rates', state: 'ok', found };
        const remedy = `${invocation} org calibrate --org ${JSON.stringify(organization)}`;
        return { what: 'error rates', state: 'warn', found, remedy };
      }),
  );
}
