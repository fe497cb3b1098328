import { mobilePoints } from '../../service/engine/matching/checks/motion-index.ts';
import type { ChallengeModels, ObservedFrame } from '../../service/engine/matching/index.ts';
import { meanHead } from '../../service/inference/face/face-landmarks.ts';
import type { Analysis, Box } from '../../service/inference/face.ts';
import type { PadSetEntry, ScorerEntry } from '../../service/inference/models/manifest.ts';
import { analysisOf, direction, near } from './faces.ts';

/** Where a scripted head is, and what it does. Degrees; distances over the neutral ones. */
export interface HeadScript {
  yaw?: number;
  pitch?: number;
  /** Eye opening over that of open eyes. */
  eyes?: number;
  /** Size over the neutral one. */
  closer?: number;
  /** Shift of the face in face widths. */
  x?: number;
  /** Of the mouth, lids and brows, in outer-eye distances. */
  expression?: number;
  /** A sheet or a warped picture instead of a head. */
  flat?: true;
  bent?: true;
  animated?: true;
  /** Yaw of the mesh's nose, where it differs. */
  noseYaw?: number;
  person?: string;
  /** Live probability of presentation attack detection. */
  live?: number;
  /** Widths of further faces, pixels. */
  others?: number[];
  skin?: [number, number, number];
}

const EYES = 90;
const SIDE = 80;
const NOSE = 1.5;
const SIDES = 0.5;
/** Points beside the template: mouth corners and chin. */
const more = [
  [61, -0.28, 0.72, -0.18],
  [291, 0.28, 0.72, -0.18],
  [152, 0, 1.05, -0.1],
] as const;

/** The mouth, lids and brows: somewhere in the face, each point in its place. */
const mobile = mobilePoints.map(
  (point, i) =>
    [point, 0.8 * Math.sin(i), 0.3 + 0.6 * Math.cos(2.3 * i), -0.2 + 0.1 * Math.sin(3 * i)] as const,
);

function meshOf(
  { yaw = 0, pitch = 0, closer = 1, noseYaw = yaw, flat, bent, expression = 0 }: HeadScript,
  box: Box,
): Float32Array {
  const mesh = new Float32Array(1404);
  const centre = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  for (const [point, x0, y0, z0] of [...mobile, ...meanHead, ...more]) {
    const moved = y0 + (mobilePoints.includes(point) ? expression * Math.cos(point) : 0);
    const isNose = [1, 4, 2, 5].includes(point);
    const turned = (isNose ? noseYaw : yaw) * (Math.PI / 180);
    const b = pitch * (Math.PI / 180);
    // The net reads a deeper nose of people than of its own mean head.
    // The sides of a bent sheet come forward as it is turned.
    const side = bent && Math.abs(x0) > SIDES ? 0.006 * Math.abs(yaw) : 0;
    const z = flat ? 0 : (isNose && !bent ? NOSE : 1) * z0 - side;
    const [x1, z1] = [
      x0 * Math.cos(turned) - z * Math.sin(turned),
      x0 * Math.sin(turned) + z * Math.cos(turned),
    ];
    const [y2, z2] = [moved * Math.cos(b) - z1 * Math.sin(b), moved * Math.sin(b) + z1 * Math.cos(b)];
    mesh[3 * point] = centre.x + EYES * closer * x1;
    mesh[3 * point + 1] = centre.y + EYES * closer * y2;
    mesh[3 * point + 2] = EYES * closer * z2;
  }
  return mesh;
}

const textures = new Map<string, Float32Array>();

/** Skin with its own marks, under light that moves over it as the head turns; the same for a tenth of a degree. */
function textureOf({ yaw = 0, animated }: HeadScript): Float32Array {
  const name = `${yaw.toFixed(1)} ${animated}`;
  const known =
    textures.get(name) ?? drawTexture({ yaw: Number(yaw.toFixed(1)), ...(animated && { animated }) });
  textures.set(name, known);
  return known;
}

function drawTexture({ yaw = 0, animated }: HeadScript): Float32Array {
  const texture = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < texture.length; i++) {
    const [x, y] = [(i % SIDE) / SIDE - 0.5, Math.floor(i / SIDE) / SIDE - 0.5];
    const marks = Math.sin(23 * x + 5 * y) * Math.cos(17 * y - 3 * x);
    const light = animated ? 0 : (yaw / 15) * Math.sin(9 * x);
    texture[i] = 10 * (marks + light);
  }
  return texture;
}

/** A scorer of two models, as the product has one. */
export const challengeModels: ChallengeModels = {
  scorers: [
    {
      id: 'one',
      name: 'One',
      terms: [{ model: 'one', weight: 1, offset: 0 }],
      maturity: 'proven',
      accuracy: [],
      continuity: { same: 0.5, sure: 0.6, neighbours: 0.7, source: 'test' },
      calibration: {
        data: 'test',
        date: '2026-11-21',
        genuine: 1,
        impostors: 1,
        table: [],
        measuredDownTo: 1,
      },
    } satisfies ScorerEntry,
  ],
};

const point = { score: 0.5, apcer: 0.05, bpcer: 0.05 };
export const challengePad: PadSetEntry = {
  id: 'pad-pair',
  name: 'Pad',
  models: [],
  combine: 'mean-of-margins',
  maturity: 'alternate',
  thresholds: { half: point, apcer5: { ...point, score: 0.7 }, apcer10: point },
  accuracy: [],
};

/** What the analyzer would say of a frame that shows this. `name` is unlike for every frame. */
export function challengeAnalysis(
  name: string,
  script: HeadScript,
  needs: 'landmarks' | 'identity',
): Analysis {
  const { yaw = 0, pitch = 0, closer = 1, x = 0, eyes = 1, person = 'alice' } = script;
  const width = 180 * closer;
  const box = { x: 320 - width / 2 + x * 180, y: 240 - width / 2, width, height: width };
  const pose = { yaw, pitch, roll: 0 };
  const eyesOpen = 0.3 * eyes;
  const analysis = analysisOf(name, {
    box,
    quality: {
      pose,
      eyesOpen,
      interEyeDistance: 70 * closer,
      frameShare: width / 640,
      margin: (240 - width / 2) / width,
    },
    motion: { pose, eyesOpen, mesh: meshOf(script, box) },
    embeddings:
      needs === 'identity' ? { one: near(direction(person), 0.97, `${person} ${Math.round(yaw)}`) } : {},
    ...(needs === 'identity' && { live: script.live ?? 0.95 }),
    ...(script.others && { others: script.others }),
  });
  const { face } = analysis;
  return {
    ...analysis,
    face: {
      ...face!,
      challenge: {
        rigidResidual: script.bent ? 0.08 : 0.03,
        texture: textureOf(script),
        skin: script.skin ?? [0.4, 0.3, 0.25],
        background: [0.3, 0.3, 0.3],
      },
    },
  };
}

/** Frames of a client that sends ten a second. */
export function timedFrame(
  at: number,
  analysis: Analysis,
): Pick<ObservedFrame, 'at' | 'receivedAt' | 'analysis'> {
  return { at, receivedAt: 1_000_000 + at + 40, analysis };
}
