import { replyOf, type Schemas } from '../../sdk/admin/client.ts';
import type { Control } from './control/control.ts';

export type Calibration = Schemas['GalleryCalibration'];
export type OwnGallery = Schemas['OwnGallery'];
export type OwnGalleries = Schemas['GalleryCalibrations'];

const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
export const tables = { 'every-group': 'every measured group', average: 'the average' } as const;

/** One gallery under one table of a scorer, in a sentence. */
export function describeCalibration(one: Calibration): string {
  const { shift, share, rate, worstTenth, compared, pairs, measuredAt } = one;
  if (pairs === 0) return `not measured: ${compared} people have what this scorer needs, 30 are needed`;
  const found = `${percent(share)} of pairs of different people reach the threshold that ${percent(rate)} should, ${percent(worstTenth)} in the worst tenth of people (${compared} people, ${measuredAt.slice(0, 10)})`;
  return shift === 0
    ? `follows the calibration: ${found}`
    : `thresholds are raised by ${shift.toFixed(3)}: ${found}`;
}

/** What was found of each gallery, or why nothing was; those without people are left out. */
export function describeGalleries({ items, galleries }: OwnGalleries): (OwnGallery & { found: string })[] {
  return galleries
    .filter(({ people }) => people > 0)
    .map((one) => {
      const measured = items.find(
        ({ env, scorer, holdsFor }) => env === one.env && scorer === one.scorer && holdsFor === one.holdsFor,
      );
      return { ...one, found: foundOf(one, measured) };
    });
}

function foundOf({ standing, people, fewest }: OwnGallery, measured: Calibration | undefined): string {
  if (standing === 'too-few-people' && people < fewest)
    return `too few people to measure (${people} of ${fewest})`;
  // What was measured with other models is not applied.
  return standing === 'not-measured' || !measured ? 'not measured yet' : describeCalibration(measured);
}

export const galleryColumns = ['world', 'scorer', 'rates that hold for', 'own gallery'];
export const galleryRows = (own: OwnGalleries): string[][] =>
  describeGalleries(own).map(({ env, scorer, holdsFor, found }) => [env, scorer, tables[holdsFor], found]);

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
