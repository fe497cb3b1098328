import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { LinkButton } from '../../../ui/controls/link-button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { Actor } from '../../actor.tsx';
import type { Schemas } from '../../api/admin.ts';
import { QueryTable } from '../../query-table.tsx';
import { managers } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { useAddressPages } from '../../use-address.ts';
import { changesBetween } from './changes.ts';
import { CompareVersions } from './compare-versions.tsx';
import styles from './profiles.module.css';
import { versionsQuery } from './queries.ts';
import { RestoreVersion } from './restore-version.tsx';
import { useSettingWords } from './setting-names.ts';
import { profileStrings } from './strings.ts';

export const Route = createLazyRoute('/profiles/$slug/versions')({ component: VersionsScreen });

type Version = Schemas['ProfileVersion'];

/** The newest version where it was not put away: the one that runs. */
const runningOf = (items: readonly Version[] | undefined, after: string | undefined) =>
  after === undefined && items?.[0]?.removedAt === undefined ? items?.[0] : undefined;

function VersionsScreen() {
  const t = useStrings(profileStrings);
  const { user } = useSession();
  const { slug } = Route.useParams();
  const { after, from, to } = Route.useSearch();
  const navigate = useNavigate();
  const [back, setBack] = useState<Version>();
  const query = useQuery(versionsQuery(slug, after));
  const newest = useQuery(versionsQuery(slug)).data?.items;
  const running = runningOf(newest, undefined);
  const pages = useAddressPages(after);
  const compare = (sides: { from?: number | 'builtin'; to?: number | 'builtin' }) =>
    void navigate({ to: '.', search: (now) => ({ ...now, ...sides }), resetScroll: true });
  const columns = useColumns(query.data?.items, running, compare);
  const mayChange = managers.includes(user.role);
  return (
    <Page
      title={t('versionsTitle', { slug })}
      lead={t('versionsLead')}
      parents={[
        { label: t('title'), to: '/profiles' },
        { label: slug, to: `/profiles/${slug}` },
      ]}
    >
      {from !== undefined && to !== undefined && newest && (
        <CompareVersions slug={slug} from={from} to={to} versions={newest} choose={compare} />
      )}
      <QueryTable
        label={t('history')}
        columns={columns}
        query={query}
        rowId={({ id }) => id}
        rowName={({ version }) => t('versionNumber', { version: String(version) })}
        secondLine={({ createdBy }) => <Actor actor={createdBy} />}
        paging={{ pages, limit: 50 }}
        actions={(version) => [
          running !== undefined &&
            version.id !== running.id && {
              label: t('compare'),
              onClick: () => compare({ from: version.version, to: running.version }),
            },
          version.version > 1 && {
            label: t('compareBefore'),
            onClick: () => compare({ from: version.version - 1, to: version.version }),
          },
          mayChange && version.id !== running?.id && { label: t('restore'), onClick: () => setBack(version) },
        ]}
        empty={
          <EmptyState
            icon={IconHistory}
            title={t('versionsEmpty')}
            action={
              <ButtonLink to="/profiles/$slug" params={{ slug }} kind="primary">
                {t('versionsEmptyAction')}
              </ButtonLink>
            }
          >
            {t('versionsEmptyText')}
          </EmptyState>
        }
      />
      {back && <RestoreVersion version={back} running={running} close={() => setBack(undefined)} />}
    </Page>
  );
}

function useColumns(
  items: readonly Version[] | undefined,
  running: Version | undefined,
  compare: (sides: { from: number; to: number }) => void,
): readonly Column<Version>[] {
  const t = useStrings(profileStrings);
  return useMemo(
    () => [
      {
        id: 'version',
        header: t('version'),
        cell: (one) => (
          <span className={styles.object}>
            {one.version > 1 ? (
              <LinkButton onClick={() => compare({ from: one.version - 1, to: one.version })}>
                {t('versionNumber', { version: String(one.version) })}
              </LinkButton>
            ) : (
              t('versionNumber', { version: String(one.version) })
            )}
            {one.id === running?.id && <Badge kind="ok">{t('inUse')}</Badge>}
            {one.removedAt !== undefined && <Badge kind="outline">{t('putAway')}</Badge>}
          </span>
        ),
      },
      { id: 'when', header: t('when'), cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
      { id: 'who', header: t('who'), priority: 2, cell: ({ createdBy }) => <Actor actor={createdBy} /> },
      {
        id: 'what',
        header: t('what'),
        priority: 2,
        cell: (one) => <What one={one} before={items?.find(({ version }) => version === one.version - 1)} />,
      },
    ],
    [t, items, running, compare],
  );
}

/** What a version changed, against the one before. */
function What({ one, before }: { one: Version; before: Version | undefined }) {
  const t = useStrings(profileStrings);
  const { sentenceOf } = useSettingWords();
  const parts = [
    one.restoredFrom !== undefined && t('restoredFrom', { version: String(one.restoredFrom) }),
    one.version === 1 && t('first'),
    before &&
      one.restoredFrom === undefined &&
      listOf(changesBetween(before.definition, one.definition).map(sentenceOf), t('nothing')),
  ].filter((part) => part !== false && part !== undefined);
  return (
    <span className={styles.what}>
      {parts.length === 0 ? t('older') : parts.join(', ')}
      {one.removedAt !== undefined && (
        <span className="muted">
          {' '}
          {t.rich('putAwayBy', {
            time: <RelativeTime at={one.removedAt} />,
            by: <Actor actor={one.removedBy ?? ''} />,
          })}
        </span>
      )}
    </span>
  );
}

const listOf = (sentences: readonly string[], none: string) =>
  sentences.length === 0
    ? none
    : sentences.length > 3
      ? `${sentences.slice(0, 3).join('; ')} +${sentences.length - 3}`
      : sentences.join('; ');
