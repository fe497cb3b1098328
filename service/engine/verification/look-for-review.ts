import { faceQuality } from '../checks/index.ts';
import { samePerson } from '../matching/index.ts';
import type { Models } from '../models/index.ts';
import { enrollmentEmbedders, type Profiles, planMatching } from '../profiles/index.ts';
import type { FaceForReview, PictureForReview } from '../review/index.ts';
import { analysisRequest, type SightDeps } from './look.ts';
import { pictureRefusal } from './refuse-picture.ts';

export interface LookForReviewDeps extends SightDeps {
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Pick<Profiles, 'get'>;
}

/**
 * Refuses as an enrollment does what shows no face that can be compared. It does not ask whether the picture shows a living person: a
 * reviewer may compare with the picture of a document.
 */
export function createLookForReview({ analyzer, deadline, models, profiles }: LookForReviewDeps) {
  return async function lookForReview(command: PictureForReview): Promise<FaceForReview> {
    const profile = await profiles.get(command.organization, 'default');
    const set = models.current();
    const plan = planMatching(profile, { set, importable: models.importable() });
    const embedders = enrollmentEmbedders(set, [profile.definition], plan);
    const request = analysisRequest(command, plan, embedders, deadline);
    const main = await analyzer.analyze(command.picture, { ...request, portrait: true });
    const quality = faceQuality(main, { pad: false });
    const { checks, refuseQuality } = profile.definition;
    const refusal = pictureRefusal(quality, checks.faceQuality, refuseQuality);
    if (refusal) throw refusal.problem;
    const { face, portrait } = main;
    if (!face || !portrait) throw new Error('A picture without a face passed as one that can be judged.');
    return {
      portrait,
      quality: quality.score,
      isLike(enrolled) {
        const { same, comparable } = samePerson(plan.scorers, face.embeddings, enrolled);
        return comparable ? same : undefined;
      },
    };
  };
}
