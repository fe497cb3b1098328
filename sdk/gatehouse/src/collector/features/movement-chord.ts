import type { Movement } from './movements.ts';

/** How one movement lies beside its chord, the line from its start to its end. Absent: it ends where it began. */
export interface MovementChord {
  /** Chord over path: 1 is a straight line. */
  straightness: number;
  /** Largest distance from the chord, in chords. */
  deviation: number;
  /** Angle between the first fifth and the chord. */
  startAngle?: number;
  /** Way beyond the end, in chords. */
  overshoot?: number;
  /** Whether the path lies on one side of its chord: 1. */
  side?: number;
}

export function chordOf({ x, y, path }: Movement): MovementChord {
  const last = x.length - 1;
  const [startX, startY] = [x[0]!, y[0]!];
  const [acrossX, acrossY] = [x[last]! - startX, y[last]! - startY];
  const chord = Math.hypot(acrossX, acrossY);
  let [farthest, along, aside, besides] = [0, 0, 0, 0];
  for (let at = 0; at <= last; at += 1) {
    const px = x[at]! - startX;
    const py = y[at]! - startY;
    const beside = chord < 1 ? Math.hypot(px, py) : (px * acrossY - py * acrossX) / chord;
    const distance = Math.abs(beside);
    farthest = Math.max(farthest, distance);
    along = Math.max(along, px * acrossX + py * acrossY);
    aside += beside;
    besides += distance;
  }
  const figures = { straightness: chord / path, deviation: farthest / Math.max(chord, 1) };
  if (chord <= 1) return figures;
  const fifth = Math.max(1, Math.floor(last / 5));
  const [firstX, firstY] = [x[fifth]! - startX, y[fifth]! - startY];
  return {
    ...figures,
    startAngle: Math.abs(
      Math.atan2(firstX * acrossY - firstY * acrossX, firstX * acrossX + firstY * acrossY),
    ),
    overshoot: Math.max(0, along / chord ** 2 - 1),
    side: Math.abs(aside) / (besides + 1e-9),
  };
}
