import sharp from 'sharp';
import type { LiveState } from '../../service/engine/live/index.ts';
import { portrait } from '../cli/portraits.ts';
import type { Asked } from './actors/actor.ts';
import { createVariants } from './jpeg-variants.ts';
import { noPerson, openPerson } from './one-person.ts';

/** The next frame of one person's camera, by what the page shows. */
export type Act = (state: LiveState) => Buffer;

export interface LivePictures {
  name: string;
  /** Another attempt at another chance, each time. */
  person(): Act;
  /** One picture of the face in place. */
  still: Buffer;
}

/** A person of a recording who does what the page asks for; without one, a photograph that only moves about. */
export async function openLivePictures(): Promise<LivePictures> {
  if (noPerson !== undefined) return movedPhotograph(noPerson);
  const person = await openPerson();
  const pictures = new Map<string, () => Buffer>();
  for (const name of person.names()) pictures.set(name, createVariants(await person.jpegOf(name)));
  return {
    name: 'a recorded person who does the steps (liveportrait_d12), 480×480 JPEG',
    still: await person.portrait(),
    person() {
      const actor = person.actor();
      let doing: { asked: Asked; since: number } | undefined;
      return ({ step }) => {
        const now = performance.now();
        const asked = (step?.name as Asked | undefined) ?? 'hold-still';
        if (doing?.asked !== asked) doing = { asked, since: now };
        return pictures.get(actor.next(asked, now - doing.since).name)!();
      };
    },
  };
}

async function movedPhotograph(why: string): Promise<LivePictures> {
  const face = sharp(await portrait('ada', 95)).resize(560, 560);
  const frames: (() => Buffer)[] = [];
  for (let i = 0; i < 40; i++) {
    const [left, top] = [20 + Math.round(12 * Math.sin(i / 3)), 20 + Math.round(12 * Math.cos(i / 4))];
    const frame = face.clone().extract({ left, top, width: 480, height: 480 });
    frames.push(createVariants(await frame.jpeg().toBuffer()));
  }
  return {
    name: `a photograph that moves about, 480×480 JPEG (${why})`,
    still: frames[0]!(),
    person() {
      let next = 0;
      return () => frames[next++ % frames.length]!();
    },
  };
}
