import { NativeSelect } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Badge, ButtonLink, LinkButton, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { Actor, api, managers, read, type Schemas, useSession } from '../../data.ts';
import { ConfirmOperation, LoadFailed, QueryTable, useList } from '../../operations.ts';
import { changesBetween } from './changes.ts';
import type { Definition } from './profile-values.ts';
import styles from './profiles.module.css';
import { profileQuery, versionsQuery } from './queries.ts';
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
  const query = useList(versionsQuery(slug, after));
  const newest = useQuery(versionsQuery(slug)).data?.items;
  const running = runningOf(newest, undefined);
  const compare = (sides: { from?: number | 'builtin'; to?: number | 'builtin' }) =>
    void navigate({ to: '.', search: (now) => ({ ...now, ...sides }), resetScroll: true });
  const items = query.data?.items;
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
        columns={useColumns(listColumns, profileStrings, { items, running, compare })}
        query={query}
        rowId={({ id }) => id}
        rowName={({ version }) => t('versionNumber', { version: String(version) })}
        secondLine={({ createdBy }) => <Actor actor={createdBy} />}
        after={after}
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
        empty={{
          icon: IconHistory,
          title: t('versionsEmpty'),
          action: (
            <ButtonLink to="/profiles/$slug" params={{ slug }} kind="primary">
              {t('versionsEmptyAction')}
            </ButtonLink>
          ),
          text: t('versionsEmptyText'),
        }}
      />
      {back && <RestoreVersion version={back} running={running} close={() => setBack(undefined)} />}
    </Page>
  );
}

interface Known {
  items: readonly Version[] | undefined;
  running: Version | undefined;
  compare(sides: { from: number; to: number }): void;
}

const listColumns: Columns<Version, typeof profileStrings, Known> = [
  {
    id: 'version',
    cell(one, { t, context }) {
      const name = t('versionNumber', { version: String(one.version) });
      return (
        <span className={styles.object}>
          {one.version > 1 ? (
            <LinkButton onClick={() => context.compare({ from: one.version - 1, to: one.version })}>
              {name}
            </LinkButton>
          ) : (
            name
          )}
          {one.id === context.running?.id && <Badge kind="ok">{t('inUse')}</Badge>}
          {one.removedAt !== undefined && <Badge kind="outline">{t('putAway')}</Badge>}
        </span>
      );
    },
  },
  { id: 'when', csv: 'createdAt', cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  { id: 'who', csv: 'createdBy', priority: 2, cell: ({ createdBy }) => <Actor actor={createdBy} /> },
  {
    id: 'what',
    csv: false,
    priority: 2,
    cell: (one, { context }) => (
      <What one={one} before={context.items?.find(({ version }) => version === one.version - 1)} />
    ),
  },
];

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

/** Makes the next version with the settings of an old one; shows what that changes. */
function RestoreVersion({
  version: { slug, version, definition },
  running,
  close,
}: {
  version: Version;
  running: Version | undefined;
  close(): void;
}) {
  const t = useStrings(profileStrings);
  const navigate = useNavigate();
  const nameOf = (number: number) => t('versionNumber', { version: String(number) });
  return (
    <ConfirmOperation
      run={() => api.post('/api/admin/profiles/{slug}/versions/{version}/restore', { slug, version })}
      toast={t('restored', { version: String(version) })}
      refresh={['profiles']}
      done={() => navigate({ to: '/profiles/$slug', params: { slug } })}
      title={t('restoreTitle', { version: String(version), slug })}
      confirmLabel={t('restore')}
      cancelLabel={t('restoreKeep')}
      close={close}
    >
      <Stack gap={12}>
        <p>{t('restoreText')}</p>
        {running && (
          <Differences
            before={running.definition}
            after={definition}
            names={[nameOf(running.version), nameOf(version)]}
          />
        )}
      </Stack>
    </ConfirmOperation>
  );
}

type Side = number | 'builtin';

/** The settings of one side: from the page that is there, else by a request. */
function useDefinition(slug: string, side: Side, versions: readonly Version[]) {
  const known = versions.find(({ version }) => version === side)?.definition;
  const builtIn = useQuery({ ...profileQuery(`builtin:${slug}`), enabled: side === 'builtin' });
  const asked = useQuery({
    ...read('/api/admin/profiles/{slug}/versions/{version}', { slug, version: Number(side) }),
    enabled: side !== 'builtin' && known === undefined,
  });
  const definition: Definition | undefined =
    side === 'builtin' ? builtIn.data?.definition : (known ?? asked.data?.definition);
  return { definition, error: builtIn.error ?? asked.error };
}

/** Two versions side by side: only what differs. */
function CompareVersions({
  slug,
  from,
  to,
  versions,
  choose,
}: {
  slug: string;
  from: Side;
  to: Side;
  versions: readonly Version[];
  choose(sides: { from?: Side; to?: Side }): void;
}) {
  const t = useStrings(profileStrings);
  const [before, after] = [useDefinition(slug, from, versions), useDefinition(slug, to, versions)];
  const error = before.error ?? after.error;
  const nameOf = (side: Side) =>
    side === 'builtin' ? t('builtInOption') : t('versionNumber', { version: String(side) });
  const sides: Side[] = [
    ...new Set<Side>([
      ...versions.map(({ version }) => version),
      ...(versions.some(({ replacesBuiltIn }) => replacesBuiltIn) ? (['builtin'] as const) : []),
      from,
      to,
    ]),
  ];
  const data = sides.map((side) => ({ value: String(side), label: nameOf(side) }));
  const read = (text: string): Side => (text === 'builtin' ? text : Number(text));
  return (
    <Card
      title={t('compareTitle')}
      flush
      actions={
        <Row>
          <NativeSelect
            aria-label={t('compareFrom')}
            value={String(from)}
            data={data}
            onChange={(event) => choose({ from: read(event.target.value) })}
          />
          <NativeSelect
            aria-label={t('compareTo')}
            value={String(to)}
            data={data}
            onChange={(event) => choose({ to: read(event.target.value) })}
          />
        </Row>
      }
    >
      {error ? (
        <div className={styles.previewHead}>
          <LoadFailed error={error} />
        </div>
      ) : (
        before.definition &&
        after.definition && (
          <Differences
            before={before.definition}
            after={after.definition}
            names={[nameOf(from), nameOf(to)]}
          />
        )
      )}
    </Card>
  );
}

function Differences({
  before,
  after,
  names: [left, right],
}: {
  before: Definition;
  after: Definition;
  names: readonly [string, string];
}) {
  const t = useStrings(profileStrings);
  const { nameOf, wordOf } = useSettingWords();
  const changes = changesBetween(before, after);
  if (changes.length === 0) return <p className={`${styles.previewHead} small muted`}>{t('compareSame')}</p>;
  return (
    <table className={`rows ${styles.differences}`}>
      <thead>
        <tr>
          <th scope="col">{t('setting')}</th>
          <th scope="col">{left}</th>
          <th scope="col">{right}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.path}>
            <th scope="row">{nameOf(change.path)}</th>
            <td>{wordOf(change.path, change.before)}</td>
            <td>
              <b>{wordOf(change.path, change.after)}</b>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
