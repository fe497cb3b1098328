import { Loader } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { Badge, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, KeyValues, Note, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { api, read, type Schemas } from '../../data.ts';
import { LoadFailed, useOperation } from '../../operations.ts';
import { backupStrings } from './strings.ts';

type DrillReply = Schemas['BackupDrill'];
const SHOWN = 5;
const isUnfinished = ({ state }: DrillReply) => state === 'waiting' || state === 'running';

const drillsQuery = queryOptions({
  ...read('/api/admin/backup-drills', { limit: SHOWN }),
  refetchInterval: ({ state }) => (state.data?.items.some(isUnfinished) ? 1_000 : false),
});

/** Asks for a trial of a backup. */
export function useDrill() {
  return useOperation((id: string) => api.post('/api/admin/backups/{id}/drill', { id }), {
    settled: ['backups', 'backup-drills', 'works'],
  });
}

/** The last trials of backups, and how far one is that runs. */
export function Drills({ error }: { error: unknown }) {
  const t = useStrings(backupStrings);
  const { data } = useQuery(drillsQuery);
  if (!error && (data === undefined || data.items.length === 0)) return null;
  return (
    <Card title={t('drills')} gap={16}>
      {error !== null && error !== undefined && <LoadFailed error={error} title={t('notTried')} />}
      {data?.items.map((drill) => (
        <OneDrill key={drill.id} drill={drill} />
      ))}
    </Card>
  );
}

function OneDrill({ drill }: { drill: DrillReply }) {
  const t = useStrings(backupStrings);
  const kinds = { waiting: 'plain', running: 'info', passed: 'ok', failed: 'bad' } as const;
  const { state, path, askedAt, problems, found, now } = drill;
  return (
    <Stack gap={8}>
      <Row between>
        <span>
          <code style={{ overflowWrap: 'anywhere' }}>{path}</code>
          <br />
          <span className="small muted">
            {t.rich('triedAt', { time: <RelativeTime at={drill.finishedAt ?? askedAt} /> })}
          </span>
        </span>
        <Badge kind={kinds[state]}>{t(`drill-${state}`)}</Badge>
      </Row>
      {isUnfinished(drill) && (
        <Row>
          <Loader size="sm" />
          <span role="status">{now ? <Step now={now} /> : t('drill-waiting')}</span>
        </Row>
      )}
      {problems.length > 0 && (
        <Note kind="bad" title={t('wouldNotRestore')}>
          {problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </Note>
      )}
      {found?.altered && (
        <Note kind="warn" title={t('alteredText')}>
          {found.altered.map((row) => (
            <p key={row}>{row}</p>
          ))}
        </Note>
      )}
      {state === 'passed' && found && <Found found={found} />}
    </Stack>
  );
}

/** How far the backup is that is being written; the service says it, also where another page or a command asked for it. */
export function BackupProgress() {
  const { data } = useQuery({ ...read('/api/admin/works'), refetchInterval: 2_000 });
  const running = data?.items.find(
    ({ operation, state }) => operation === 'createBackup' && state === 'running',
  );
  if (!running?.now) return null;
  return (
    <Row>
      <Loader size="sm" />
      <span role="status">
        <Step now={running.now} />
      </span>
    </Row>
  );
}

const steps: Readonly<
  Record<
    string,
    | ('step-copy' | 'step-seal' | 'step-read-back')
    | ('step-keys' | 'step-read' | 'step-database' | 'step-audit' | 'step-templates')
  >
> = {
  'copying the database': 'step-copy',
  'sealing the file': 'step-seal',
  'reading the file back': 'step-read-back',
  'opening the keys': 'step-keys',
  'reading the backup': 'step-read',
  'checking the database': 'step-database',
  'checking the audit chain': 'step-audit',
  'opening templates': 'step-templates',
};

function Step({ now: { step, done, of } }: { now: NonNullable<DrillReply['now']> }) {
  const t = useStrings(backupStrings);
  const format = useFormat();
  const key = steps[step];
  const text = key ? t(key) : step;
  return done === undefined || of === undefined || of === 0
    ? text
    : `${text}, ${format.percent(done / of, 0)}`;
}

function Found({ found }: { found: NonNullable<DrillReply['found']> }) {
  const t = useStrings(backupStrings);
  const format = useFormat();
  const { people, templates, match, audit, takenAt } = found;
  return (
    <KeyValues
      entries={{
        [t('taken')]: <RelativeTime at={takenAt} />,
        [t('people')]: t('peopleFound', {
          there: format.count(people.there),
          erased: format.count(people.erased),
        }),
        [t('templates')]: t('ofAll', {
          some: format.count(templates.opened),
          all: format.count(templates.there),
        }),
        [t('matches')]: t('ofAll', { some: format.count(match.found), all: format.count(match.asked) }),
        [t('auditLines')]: t(audit.valid ? 'auditWhole' : 'auditDamaged', {
          lines: format.count(audit.lines),
        }),
      }}
    />
  );
}
