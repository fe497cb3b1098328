import { base64Of } from '../ui/base64.ts';
import { Refusal } from '../ui/refusal.ts';
import type { KioskApi } from './api.ts';
import type { Person, Step } from './step.ts';

/**
 * Sends one picture after another; the first that is kept carries the consent. One that is not good enough does not stop the others, and
 * what refuses them all does. Throws where none was kept. `until` aborts when the person goes on: no further picture is sent then.
 */
export async function enrollPerson(
  api: Pick<KioskApi, 'enroll'>,
  { email, name, textVersion, purposes }: Person,
  pictures: readonly Blob[],
  until: AbortSignal,
): Promise<Extract<Step, { is: 'enrolled' }>> {
  let kept = 0;
  let refusal: unknown = new Error('There is no picture to enroll.');
  for (const picture of pictures) {
    const consent = kept === 0 ? { consent: { textVersion, method: 'typed-name' as const, purposes } } : {};
    try {
      await api.enroll({ email, name, picture: await base64Of(picture), ...consent }, until);
      kept++;
    } catch (error) {
      refusal = error;
      if (!isOfThePicture(error)) break;
    }
  }
  if (kept === 0) throw refusal;
  return { is: 'enrolled', kept, taken: pictures.length, person: name };
}

const isOfThePicture = (error: unknown): boolean => error instanceof Refusal && error.status === 422;
