import type { AnalysisRequest } from '../../inference/face.ts';
import { describeActor } from '../audit/index.ts';
import type { VerifyCommand } from './verdict.ts';

/** Whose share of the workers a picture takes: that of the caller who sent it. */
export const shareOf = ({
  world,
  organization,
  actor,
}: Pick<VerifyCommand, 'world' | 'organization' | 'actor'>): NonNullable<AnalysisRequest['share']> => ({
  world,
  organization,
  key: actor.is === 'key' ? actor.key : describeActor(actor),
});
