import { toUploadForm } from '../../../../sdk/admin/client.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { Refusal } from '../../api/refusal.ts';

export type Order = Schemas['EnrollOrder'];

export type PictureResult =
  | { is: 'enrolled'; reply: Schemas['Enrolled'] }
  | { is: 'refused'; message: string; code: string | undefined };

/**
 * Enrolls one picture after another, so that the second is compared with the first. One that is refused does not stop the others; what
 * refuses them all (no consent, not signed in, no answer) is thrown. `sent` says which is on its way.
 */
export async function enrollPictures(
  env: 'live' | 'test',
  order: Order,
  pictures: readonly Blob[],
  sent: (number: number) => void,
): Promise<PictureResult[]> {
  const results: PictureResult[] = [];
  for (const [index, picture] of pictures.entries()) {
    sent(index + 1);
    results.push(await enrollOne(env, order, picture));
  }
  return results;
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

async function enrollOne(env: 'live' | 'test', order: Order, picture: Blob): Promise<PictureResult> {
  try {
    const reply = await replyOf(
      admin.POST('/api/admin/subjects', {
        params: { query: { env } },
        body: { request: order, file: picture },
        bodySerializer: toUploadForm,
      }),
    );
    return { is: 'enrolled', reply };
  } catch (error) {
    if (error instanceof Refusal && ofThePicture.has(error.code ?? ''))
      return { is: 'refused', message: error.message, code: error.code };
    throw error;
  }
}
