import type { Picture } from '../../../service/inference/pictures/picture.ts';
import { jpegOf } from '../clips.ts';
import type { Frame } from '../readings.ts';
import { createPuppet, type Played } from '../render/puppet.ts';
import { withNoise } from '../render/recapture.ts';
import type { Asked } from './actor.ts';
import type { Handled, Movement } from './handled.ts';

/** Degrees between two stages. */
const TURN = 3;
const NOISE = 1.5;
/** Degrees that the puppet is turned and nodded; the mesh reads about three quarters of them. */
const MOST_TURN = 30;
const MOST_NOD = 21;

const stages = (most: number, played: (value: number) => Played): Played[] =>
  Array.from({ length: Math.round(most / TURN) }, (_, i) => played((i + 1) * TURN));

/** A puppet does everything that can be asked for. */
const acts: Readonly<Partial<Record<Asked, { played: Played[]; returns?: true }>>> = {
  'turn-left': { played: stages(MOST_TURN, (yaw) => ({ yaw })) },
  'turn-right': { played: stages(MOST_TURN, (yaw) => ({ yaw: -yaw })) },
  'look-up': { played: stages(MOST_NOD, (pitch) => ({ pitch: -pitch })) },
  'look-down': { played: stages(MOST_NOD, (pitch) => ({ pitch })) },
  'come-closer': { played: Array.from({ length: 9 }, (_, i) => ({ zoom: 1.04 + 0.04 * i })) },
  blink: { played: [{ lids: 0.6 }, { lids: 1 }], returns: true },
};

/** The frames of a puppet made of one photograph, and how they are played; `upright` turns a photograph that does not look ahead. */
export function puppetFrames(
  photo: Picture,
  mesh: Float32Array,
  upright = { yaw: 0, pitch: 0, roll: 0 },
): { handled: Handled; frames: Frame[] } {
  let draw: ReturnType<typeof createPuppet> | undefined;
  const frames: Frame[] = [];
  const add = (name: string, played: Played): string => {
    const seed = frames.length + 1;
    frames.push({
      name,
      make: async () => {
        draw ??= createPuppet(photo, mesh);
        const { yaw = 0, pitch = 0, roll = 0, ...more } = played;
        const turned = { yaw: yaw + upright.yaw, pitch: pitch + upright.pitch, roll: roll + upright.roll };
        return jpegOf(withNoise(draw({ ...more, ...turned }), NOISE, seed));
      },
    });
    return name;
  };
  // breathes: a living head is never quite still, and the attacker knows it
  const rest = Array.from({ length: 8 }, (_, i) =>
    add(`rest${i}`, {
      yaw: 0.9 * Math.sin(1.9 * i),
      pitch: 0.9 * Math.sin(1.3 * i + 1),
      roll: 0.5 * Math.sin(2.3 * i),
    }),
  );
  const plays: Partial<Record<Asked, Movement>> = {};
  for (const [asked, { played, returns }] of Object.entries(acts) as [
    Asked,
    { played: Played[]; returns?: true },
  ][]) {
    const names = played.map((one, i) => add(`${asked}${i}`, one));
    plays[asked] = { stages: [rest[0]!, ...names], ...(returns && { returns }) };
  }
  return { handled: { rest, plays }, frames };
}
