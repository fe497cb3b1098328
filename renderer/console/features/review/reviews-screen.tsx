import { IconScale } from '@tabler/icons-react';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { ButtonLink, RelativeTime } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filters, TwoLines, useColumns, useFilters } from '../../../ui/tables/index.ts';
import { list, useWorld } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import type { Review } from './open-reviews.ts';
import { ReviewState } from './side-card.tsx';
import { reviewStrings } from './strings.ts';

export const Route = createLazyRoute('/review')({ component: ReviewsScreen });

const EVERY = 60_000;

/** Faces that a person has to compare. Names stand on the page of each: that look is in the audit log. */
function ReviewsScreen() {
  const t = useStrings(reviewStrings);
  const env = useWorld();
  const { state, kind, after } = Route.useSearch();
  const query = useList({
    ...list('/api/admin/review', {
      env,
      state: state ?? 'open',
      cursor: after,
      ...(kind && { kind }),
    }),
    refetchInterval: EVERY,
  });
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
        columns={useColumns(listColumns, reviewStrings)}
        query={query}
        rowId={({ id }) => id}
        rowName={({ id }) => id}
        secondLine={(one) => <ReviewState review={one} />}
        after={after}
        filters={useFilters(listFilters, reviewStrings)}
        values={{ state, kind }}
        empty={{ icon: IconScale, title: t('empty'), text: t('emptyText') }}
      />
    </Page>
  );
}

const consequences = {
  duplicate: { warn: 'enrolledBoth', block: 'waitsToEnroll' },
  uniqueness: { warn: 'bothMembers', block: 'waitsInSession' },
} as const;

const listColumns: Columns<Review, typeof reviewStrings> = [
  {
    id: 'item',
    csv: 'kind',
    header: 'what',
    cell: ({ id, kind, policy }, { t }) => (
      <TwoLines second={t(consequences[kind][policy])}>
        <Link to="/review/$id" params={{ id }}>
          {t('duplicate')}
        </Link>
      </TwoLines>
    ),
  },
  { id: 'state', priority: 2, cell: (one) => <ReviewState review={one} /> },
  {
    id: 'likeness',
    csv: 'likeness.score',
    priority: 2,
    cell: ({ likeness: { score, threshold } }, { t, format }) => (
      <span className="num">
        {t('scoreOf', { score: format.score(score, threshold), threshold: format.score(threshold) })}
      </span>
    ),
  },
  { id: 'came', csv: 'createdAt', cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  {
    id: 'erased',
    csv: 'erasedBy',
    header: 'picturesUntil',
    priority: 3,
    cell: ({ pictures, erasedBy }, { t }) =>
      pictures.length === 0 ? (
        <span className="muted">{t('picturesErased')}</span>
      ) : (
        <RelativeTime at={erasedBy} />
      ),
  },
];

const listFilters: Filters<typeof reviewStrings> = [
  { key: 'state', kind: 'choice', options: ['decided', 'expired'] },
  { key: 'kind', kind: 'choice', options: { duplicate: 'kindEnrollment', uniqueness: 'kindUniqueness' } },
];
