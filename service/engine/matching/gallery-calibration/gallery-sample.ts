import { setImmediate as turn } from 'node:timers/promises';
import type { CrossScoresRequest } from '../../../inference/gallery/cross-scores.ts';
import type { ScorerEntry } from '../../../inference/models/manifest.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { noteProgress } from '../../../lib/progress/progress.ts';
import type { Enrollment, Realm, Subjects } from '../../people/index.ts';

/** People that one scorer can compare, in the order of the request. */
export interface Sample {
  scorer: ScorerEntry;
  subjects: SubjectId[];
  request: CrossScoresRequest;
}

/** People whose templates are opened in one go. */
const CHUNK = 50;

/** The pictures of these people. */
export async function readEnrolled(
  subjects: Pick<Subjects, 'enrollmentsOf'>,
  realm: Realm,
  people: readonly SubjectId[],
): Promise<Map<SubjectId, Enrollment[]>> {
  const enrolled = new Map<SubjectId, Enrollment[]>();
  for (let i = 0; i < people.length; i += CHUNK) {
    noteProgress('reading templates', i, people.length);
    for (const [one, enrollments] of await subjects.enrollmentsOf(realm, people.slice(i, i + CHUNK)))
      enrolled.set(one, enrollments);
    await turn();
  }
  return enrolled;
}

/** The best picture of each person that has all embeddings of the scorer. */
export function sampleOf(
  scorer: ScorerEntry,
  enrolled: ReadonlyMap<SubjectId, Enrollment[]>,
  suspected: readonly [SubjectId, SubjectId][],
): Sample {
  const { terms } = scorer;
  const chosen = new Map<SubjectId, Float32Array[]>();
  for (const [subject, enrollments] of enrolled) {
    for (const { templates } of enrollments) {
      const vectors = terms.map(({ model }) => templates.find(({ embedder }) => embedder === model)?.vector);
      if (!vectors.every((vector) => vector !== undefined)) continue;
      chosen.set(subject, vectors);
      break;
    }
  }
  const subjects = [...chosen.keys()];
  const places = new Map(subjects.map((subject, place) => [subject, place]));
  const leftOut = suspected.flatMap(([a, b]): [number, number][] => {
    const [left, right] = [places.get(a), places.get(b)];
    return left === undefined || right === undefined ? [] : [[left, right]];
  });
  const request = {
    people: chosen.size,
    leftOut,
    terms: terms.map(({ weight, offset }, term) => {
      const dimensions = [...chosen.values()][0]?.[term]?.length ?? 0;
      const vectors = new Float32Array(chosen.size * dimensions);
      for (const [place, one] of [...chosen.values()].entries()) vectors.set(one[term]!, place * dimensions);
      return { weight, offset, dimensions, vectors };
    }),
  };
  return { scorer, subjects, request };
}

/** All of them in a random order. */
export function shuffled<T>(all: readonly T[], random: () => number): T[] {
  const drawn = [...all];
  for (let i = 0; i < drawn.length; i++) {
    const other = i + Math.floor(random() * (drawn.length - i));
    [drawn[i], drawn[other]] = [drawn[other]!, drawn[i]!];
  }
  return drawn;
}
