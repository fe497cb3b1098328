import { expect, test } from 'vitest';
import { decodeHeif } from '../../service/inference/pictures/decode-heif.ts';
import { decodePicture, readHeader } from '../../service/inference/pictures/decode-picture.ts';
import { createRandom } from '../accuracy/random.ts';
import { sceneHeic } from '../support/scene-heic.ts';
import { fullSize } from './size.ts';

/** What became of a damaged HEIC. Anything but a picture or a refusal in words fails the test, as does a crash. */
async function outcomeOf(bytes: Uint8Array): Promise<string> {
  try {
    const header = await readHeader(bytes);
    const source = header.format === 'heic' ? await decodeHeif(bytes, header) : bytes;
    await decodePicture(source, header);
    return 'decoded';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

test('HEIC with flipped bits and cut ends is decoded or refused, and nothing else', async () => {
  const random = createRandom(20);
  const outcomes = new Map<string, number>();
  for (let i = 0; i < (fullSize ? 1000 : 16); i++) {
    const bytes = Buffer.from(sceneHeic(i % 2 ? 'irot-1' : undefined));
    for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
      const at = 24 + Math.floor(random() * (bytes.length - 24));
      bytes[at]! ^= 1 << Math.floor(random() * 8);
    }
    const end = i % 5 === 0 ? Math.floor(random() * bytes.length) : bytes.length;
    const outcome = await outcomeOf(bytes.subarray(0, end));
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  const known = ['decoded', 'IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE', 'IMAGE_FORMAT_UNSUPPORTED'];
  expect([...outcomes.keys()].filter((outcome) => !known.includes(outcome))).toEqual([]);
  expect(outcomes.get('IMAGE_UNREADABLE')).toBeGreaterThan(0);
  if (fullSize) console.info(Object.fromEntries(outcomes));
});
