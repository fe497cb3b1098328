import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Card, Row } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { changesBetween } from './changes.ts';
import type { Definition } from './profile-values.ts';
import styles from './profiles.module.css';
import { profileQuery } from './queries.ts';
import { useSettingWords } from './setting-names.ts';
import { profileStrings } from './strings.ts';

type Side = number | 'builtin';
type Version = Schemas['ProfileVersion'];

/** The settings of one side: from the page that is there, else by a request. */
function useDefinition(slug: string, side: Side, versions: readonly Version[]) {
  const known = versions.find(({ version }) => version === side)?.definition;
  const builtIn = useQuery({ ...profileQuery(`builtin:${slug}`), enabled: side === 'builtin' });
  const asked = useQuery({
    queryKey: ['profiles', 'version', slug, side],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/profiles/{slug}/versions/{version}', {
          params: { path: { slug, version: Number(side) }, query: {} },
          signal,
        }),
      ),
    enabled: side !== 'builtin' && known === undefined,
  });
  const definition: Definition | undefined =
    side === 'builtin' ? builtIn.data?.definition : (known ?? asked.data?.definition);
  return { definition, error: builtIn.error ?? asked.error };
}

/** Two versions side by side: only what differs. */
export function CompareVersions({
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

export function Differences({
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
    <table className={styles.differences}>
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
