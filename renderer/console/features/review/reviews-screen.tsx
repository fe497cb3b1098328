import { IconScale } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { TwoLines } from '../../../ui/tables/data-table.tsx';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { admin, replyOf } from '../../api/admin.ts';
import { QueryTable } from '../../query-table.tsx';
import { useWorld } from '../../session/session-query.ts';
import { useAddressFilters, useAddressPages } from '../../use-address.ts';
import type { Review } from './open-reviews.ts';
import { ReviewState } from './review-state.tsx';
import { reviewStrings } from './strings.ts';

export const Route = createLazyRoute('/review')({ component: ReviewsScreen });

const LIMIT = 50;
const EVERY = 60_000;

/** Faces that a person has to compare. Names stand on the page of each: that look is in the audit log. */
function ReviewsScreen() {
  const t = useStrings(reviewStrings);
  const env = useWorld();
  const { state, kind, after } = Route.useSearch();
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['reviews', env, 'list', state, kind, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/review', {
          params: {
            query: { env, state: state ?? 'open', limit: LIMIT, cursor: after, ...(kind && { kind }) },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY,
  });
  const { change } = useAddressFilters();
  const first = state === undefined && after === undefined ? query.data?.items.at(-1) : undefined;
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <ButtonLink to="/sessions" search={{ inReview: 'true' }}>
            {t('waitingSessions')}
          </ButtonLink>
          {first && (
            <ButtonLink to="/review/$id" params={{ id: first.id }} kind="primary">
              {t('begin')}
            </ButtonLink>
          )}
        </>
      }
    >
      <QueryTable
        label={t('title')}
        columns={useColumns()}
        query={query}
        rowId={({ id }) => id}
        rowName={({ id }) => id}
        secondLine={(one) => <ReviewState review={one} />}
        paging={{ pages, limit: LIMIT }}
        filters={
          <FilterBar filters={useFilters()} values={{ state, kind } as FilterValues} change={change} />
        }
        {...((state ?? kind) && { clearFilters: () => change({ state: undefined, kind: undefined }) })}
        empty={
          <EmptyState icon={IconScale} title={t('empty')}>
            {t('emptyText')}
          </EmptyState>
        }
      />
    </Page>
  );
}

const consequences = {
  duplicate: { warn: 'enrolledBoth', block: 'waitsToEnroll' },
  uniqueness: { warn: 'bothMembers', block: 'waitsInSession' },
} as const;

function useColumns(): readonly Column<Review>[] {
  const t = useStrings(reviewStrings);
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'item',
        header: t('what'),
        cell: ({ id, kind, policy }) => (
          <TwoLines second={t(consequences[kind][policy])}>
            <Link to="/review/$id" params={{ id }}>
              {t('duplicate')}
            </Link>
          </TwoLines>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (one) => <ReviewState review={one} /> },
      {
        id: 'likeness',
        header: t('likeness'),
        priority: 2,
        cell: ({ likeness: { score, threshold } }) => (
          <span className="num">
            {t('scoreOf', { score: format.score(score, threshold), threshold: format.score(threshold) })}
          </span>
        ),
      },
      { id: 'came', header: t('came'), cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
      {
        id: 'erased',
        header: t('picturesUntil'),
        priority: 3,
        cell: ({ pictures, erasedBy }) =>
          pictures.length === 0 ? (
            <span className="muted">{t('picturesErased')}</span>
          ) : (
            <RelativeTime at={erasedBy} />
          ),
      },
    ],
    [t, format],
  );
}

function useFilters(): readonly Filter[] {
  const t = useStrings(reviewStrings);
  return useMemo(
    () => [
      {
        key: 'state',
        label: t('state'),
        kind: 'choice',
        options: [
          { value: 'decided', label: t('decided') },
          { value: 'expired', label: t('expired') },
        ],
      },
      {
        key: 'kind',
        label: t('kind'),
        kind: 'choice',
        options: [
          { value: 'duplicate', label: t('kindEnrollment') },
          { value: 'uniqueness', label: t('kindUniqueness') },
        ],
      },
    ],
    [t],
  );
}
