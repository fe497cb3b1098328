import type { Analysis, AnalyzedFace } from '../../../inference/face.ts';
import type { PadSetEntry } from '../../../inference/models/manifest.ts';
import { Problem } from '../../../lib/problem.ts';
import type { FaceJudge } from '../../administrators/index.ts';
import { faceQuality } from '../../checks/index.ts';
import { isSameAt, sameFace } from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import { type Profiles, planModels } from '../../profiles/index.ts';
import { analysisRequest, type SightDeps } from '../look.ts';
import { pictureRefusal } from '../refuse-picture.ts';

export interface JudgeAdministratorFaceDeps extends SightDeps {
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Pick<Profiles, 'get'>;
}

/** Beside the picture: one still picture is no sign of a person at the camera. */
const FEWEST_FRAMES = 5;
/** False-match rate of the comparison, ten times stricter than that of the profile `default`. */
const RATE = 1e-5;

/** The face with which an administrator signs in: stricter than any profile, whatever the organization relaxed. */
export function createJudgeAdministratorFace({
  analyzer,
  deadline,
  models,
  profiles,
}: JudgeAdministratorFaceDeps): FaceJudge {
  return {
    async look({ organization, administrator }, { picture, frames, signal }) {
      if (frames.length < FEWEST_FRAMES) throw tooFew();
      const profile = await profiles.get(organization, 'default');
      const set = models.current();
      const circumstances = { set, importable: models.importable() };
      const plan = planModels(profile, { ...circumstances, world: 'live', matchOnly: false });
      if (!plan.pad)
        throw new Problem('PAD_NOT_INSTALLED', 'Signing in by face needs presentation attack detection.');
      const actor = { is: 'administrator', administrator } as const;
      const command = { organization, world: 'live', actor, ...(signal && { signal }) } as const;
      const request = analysisRequest(command, plan, plan.embedders, deadline);
      const looks: Analysis[] = [];
      for (const one of [picture, ...frames]) looks.push(await analyzer.analyze(one, request));
      const { checks, refuseQuality } = profile.definition;
      const refusal = pictureRefusal(
        faceQuality(looks[0]!, { pad: true }),
        checks.faceQuality,
        refuseQuality,
      );
      if (refusal) throw refusal.problem;
      requireLife(looks, plan.pad);
      const faces = looks.map(({ face }) => face!);
      const { same } = sameFace(faces[0]!, faces.slice(1), neighboursOf(faces), plan.scorers);
      if (!same) throw notOneLivingPerson();
      const { embeddings } = faces[0]!;
      return {
        embeddings,
        files: Object.fromEntries(Object.keys(embeddings).map((id) => [id, set.files[id] ?? ''])),
        pixelHashes: looks.map(({ pixelHash }) => pixelHash),
      };
    },
    isSame(one, other) {
      const { scorers } = models.current();
      const comparable = Object.keys(one.embeddings).every((id) => one.files[id] === other.files[id]);
      return comparable ? isSameAt(scorers, one.embeddings, other.embeddings, RATE) : undefined;
    },
  };
}

/** One face in every picture, each of other pixels; the mean of their margins, and the picture's own, above the APCER-5 % threshold. */
function requireLife(looks: readonly Analysis[], { thresholds }: PadSetEntry): void {
  const scores = looks.flatMap(({ face }) => (face?.pad ? [face.pad.live] : []));
  if (scores.length !== looks.length) throw notOneLivingPerson();
  if (new Set(looks.map(({ pixelHash }) => pixelHash)).size !== looks.length) throw notOneLivingPerson();
  const mean = scores.map(logit).reduce((sum, one) => sum + one, 0) / scores.length;
  const threshold = thresholds.apcer5.score;
  if (mean < logit(threshold) || scores[0]! < threshold) throw notOneLivingPerson();
}

const CLOSEST = 1e-7;
const logit = (score: number) => {
  const bounded = Math.min(1 - CLOSEST, Math.max(CLOSEST, score));
  return Math.log(bounded / (1 - bounded));
};

const neighboursOf = (faces: readonly AnalyzedFace[]) =>
  faces.slice(2).map((face, i): [AnalyzedFace, AnalyzedFace] => [faces[i + 1]!, face]);

const notOneLivingPerson = () =>
  new Problem(
    'CHECK_FAILED',
    'The pictures could not be used: look into the camera in good light and try again.',
  );

function tooFew(): Problem {
  const message = `Send at least ${FEWEST_FRAMES} frames of the same moment.`;
  return new Problem('INVALID_REQUEST', message, { details: [{ path: 'frames', message }] });
}
