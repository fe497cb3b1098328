import { z } from 'zod';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import type { ProfileDefinition } from './profile.ts';

/** Where the pictures of a verification or an enrollment come from. A kiosk proves it with its key. */
export const CaptureSource = z
  .enum(['kiosk', 'browser', 'api'])
  .describe(
    'Where the pictures come from. `kiosk`: a paired kiosk of this box; `browser`: the page of a live session, on any device; `api`: a caller sent them, over the API, the console or the command line',
  );
export type CaptureSource = z.infer<typeof CaptureSource>;

/** Of pictures that come with the call. */
export const sourceOfPictures = ({ is }: Actor): CaptureSource => (is === 'kiosk' ? 'kiosk' : 'api');

/** Of the frames of a live session, by the caller who created it. */
export const sourceOfFrames = ({ is }: Actor): CaptureSource => (is === 'kiosk' ? 'kiosk' : 'browser');

type Asked = { definition: Pick<ProfileDefinition, 'capture'> };

export const takesSource = ({ definition }: Asked, source: CaptureSource): boolean =>
  definition.capture !== 'kiosk' || source === 'kiosk';

/** Throws KIOSK_REQUIRED where the profile takes pictures of a kiosk only. */
export function requireSource(profile: Asked, source: CaptureSource): void {
  if (takesSource(profile, source)) return;
  throw new Problem(
    'KIOSK_REQUIRED',
    'This profile takes pictures of a kiosk only. Start the verification at a kiosk, or choose another profile.',
  );
}
