import { queryOptions } from '@tanstack/react-query';
import { read, type Schemas, type World } from '../../data.ts';

export type Review = Schemas['Review'];
export type ShownReview = Schemas['ShownReview'];
export type Decision = Schemas['ReviewDecision']['decision'];

const LIMIT = 200;

/** What waits, the oldest first: the way from one item to the next. */
export const openReviewsQuery = (env: World) =>
  queryOptions({
    ...read('/api/admin/review', { env, state: 'open', limit: LIMIT }),
    select: ({ items }) => items.toReversed(),
  });

export const reviewQuery = (env: World, id: string) =>
  queryOptions({
    ...read('/api/admin/review/{id}', { id, env }),
    refetchOnWindowFocus: false,
    staleTime: 60_000,
  });
