import type { Analysis } from '../../service/inference/face.ts';
import { createNormal } from '../support/normal.ts';

/** How far two readings of a head that keeps still lie apart (LIVENESS.md §1), degrees and shares. */
const NOISE = { yaw: 0.16, pitch: 0.22, roll: 0.1, eyesOpen: 0.009, mesh: 0.0015, embedding: 0.004 };

/** Numbers of a normal distribution; each frame takes them from another place on. */
const normals = Float64Array.from({ length: 1 << 16 }, createNormal(1));
/** What keeps a place among them. */
const LAST = normals.length - 1;

/**
 * The same scene in another frame of a camera: each frame has the sensor's noise, so that no two read exactly alike. The numbers of the
 * nets are moved by what was measured between frames of still heads; reading every frame of 300 trials with the nets would take days.
 * Without `withEmbeddings` there are none; everything else is the same.
 */
export function shownAgain(
  analysis: Analysis,
  random: () => number,
  hash: string,
  withEmbeddings: boolean,
): Analysis {
  const { face } = analysis;
  if (!face) return { ...analysis, pixelHash: hash };
  let place = Math.floor(random() * normals.length);
  const normal = () => normals[place++ & LAST]!;
  const { pose, eyesOpen, mesh } = face.motion;
  const moved = {
    yaw: pose.yaw + NOISE.yaw * normal(),
    pitch: pose.pitch + NOISE.pitch * normal(),
    roll: pose.roll + NOISE.roll * normal(),
  };
  const openness = eyesOpen * (1 + NOISE.eyesOpen * normal());
  const embeddings: Record<string, Float32Array> = {};
  for (const [id, vector] of Object.entries(face.embeddings)) {
    if (withEmbeddings) embeddings[id] = moveDirection(vector, place);
    place += vector.length;
  }
  const shift = NOISE.mesh * face.quality.interEyeDistance;
  return {
    ...analysis,
    pixelHash: hash,
    face: {
      ...face,
      embeddings,
      quality: { ...face.quality, pose: moved, eyesOpen: openness },
      motion: { pose: moved, eyesOpen: openness, mesh: moveMesh(mesh, shift, place) },
    },
  };
}

function moveDirection(vector: Float32Array, place: number): Float32Array {
  const noisy = vector.map(
    (value, i) => value + (NOISE.embedding * normals[(place + i) & LAST]!) / Math.sqrt(vector.length),
  );
  const length = Math.hypot(...noisy);
  return noisy.map((value) => value / length);
}

/** A plain loop: of every frame of every trial, 1,404 numbers. */
function moveMesh(mesh: Float32Array, shift: number, place: number): Float32Array {
  const moved = new Float32Array(mesh.length);
  for (let i = 0; i < mesh.length; i++) moved[i] = mesh[i]! + shift * normals[(place + i) & LAST]!;
  return moved;
}
