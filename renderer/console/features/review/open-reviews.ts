import { queryOptions } from '@tanstack/react-query';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import type { World } from '../../session/session-query.ts';

export type Review = Schemas['Review'];
export type ShownReview = Schemas['ShownReview'];
export type Decision = Schemas['ReviewDecision']['decision'];

const LIMIT = 200;

/** What waits, the oldest first: the way from one item to the next. */
export const openReviewsQuery = (env: World) =>
  queryOptions({
    queryKey: ['reviews', env, 'open'],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/review', { params: { query: { env, state: 'open', limit: LIMIT } }, signal }),
      ),
    select: ({ items }) => items.toReversed(),
  });

export const reviewQuery = (env: World, id: string) =>
  queryOptions({
    queryKey: ['reviews', env, 'one', id],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/review/{id}', { params: { path: { id }, query: { env } }, signal })),
    // Each look is in the audit log.
    refetchOnWindowFocus: false,
    staleTime: 60_000,
  });
