import { Refusal } from '../../../ui/refusal.ts';
import { api, type Schemas } from '../../data.ts';
import { adviceIn } from '../../reasons/message-text.ts';

export type EnrollRequest = Schemas['EnrollOrder'];
export type EnrolledPerson = EnrollRequest & { id: string };

export type PictureResult =
  | { is: 'enrolled'; reply: Schemas['Enrolled'] }
  /** `advice`: its code. `review`: where another face that is like this one is compared with it. */
  | {
      is: 'refused';
      message: string;
      code: string | undefined;
      advice?: string | undefined;
      review?: string;
    };

/**
 * Enrolls one picture after another, so that the second is compared with the first. One that is refused does not stop the others; what
 * refuses them all (no consent, not signed in, no answer) is thrown. `sent` says which is on its way.
 */
export async function enrollPictures(
  env: 'live' | 'test',
  request: EnrollRequest,
  pictures: readonly Blob[],
  sent: (number: number) => void,
): Promise<PictureResult[]> {
  const results: PictureResult[] = [];
  for (const [index, picture] of pictures.entries()) {
    sent(index + 1);
    results.push(await enrollOne(env, request, picture));
  }
  return results;
}

/** The review in which a person compares this face with that of another person, if there is one. */
export function reviewOf(results: readonly PictureResult[]): string | undefined {
  for (const one of results) {
    const review = one.is === 'enrolled' ? one.reply.review : one.review;
    if (review !== undefined) return review;
  }
  return undefined;
}

/** Refusals that are about this one picture. */
const ofThePicture = new Set([
  'IMAGE_UNREADABLE',
  'IMAGE_TOO_LARGE',
  'IMAGE_FORMAT_UNSUPPORTED',
  'PAYLOAD_TOO_LARGE',
  'FACE_NOT_FOUND',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'FACE_QUALITY_REFUSED',
  'REPLAYED_PICTURE',
  'CHECK_FAILED',
  'TEMPLATE_MISMATCH',
  'DUPLICATE_IDENTITY',
]);

async function enrollOne(
  env: 'live' | 'test',
  request: EnrollRequest,
  picture: Blob,
): Promise<PictureResult> {
  try {
    const reply = await api.post('/api/admin/subjects', { env }, { request, file: picture });
    return { is: 'enrolled', reply };
  } catch (error) {
    if (error instanceof Refusal && ofThePicture.has(error.code ?? ''))
      return {
        is: 'refused',
        message: error.message,
        code: error.code,
        advice: adviceIn((error.body.checkResults as { details?: unknown }[] | undefined)?.[0]?.details),
        ...(typeof error.body.review === 'string' && { review: error.body.review }),
      };
    throw error;
  }
}
