import type { ImportOutcome } from '../../../../sdk/admin/bulk-import/run-import.ts';
import { Button, ButtonLink, Figure } from '../../../ui/controls/index.ts';
import { Card, Note, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, useColumns } from '../../../ui/tables/index.ts';
import { managers, saveFile, useSession } from '../../data.ts';
import { LoadFailed } from '../../operations.ts';
import { toReport } from './report.ts';
import type { Ended } from './send-pictures.ts';
import { importStrings } from './strings.ts';
import { UndoImport } from './undo-import.tsx';

const SHOWN = 100;

/** What became of each picture. */
export function ImportReport({ ended, next }: { ended: Ended; next(): void }) {
  const t = useStrings(importStrings);
  const { user } = useSession();
  const { outcomes, added, error } = ended;
  return (
    <Stack gap={24}>
      {error !== undefined && <LoadFailed error={error} title={t('broken')} />}
      <Summary outcomes={outcomes} broken={error !== undefined} />
      <Refusals outcomes={outcomes} />
      <Row>
        <Button
          kind="primary"
          onClick={() => saveFile('import.csv', toReport(outcomes), 'text/csv;charset=utf-8')}
        >
          {t('report')}
        </Button>
        <ButtonLink to="/people">{t('toPeople')}</ButtonLink>
        <Button onClick={next}>{t('next')}</Button>
        {added.length > 0 && managers.includes(user.role) && <UndoImport added={added} />}
      </Row>
    </Stack>
  );
}

function Summary({ outcomes, broken }: { outcomes: readonly ImportOutcome[]; broken: boolean }) {
  const t = useStrings(importStrings);
  const format = useFormat();
  const count = (kind: ImportOutcome['outcome']) => outcomes.filter(({ outcome }) => outcome === kind).length;
  const [enrolled, skipped, refused, notTried] = [
    count('enrolled'),
    count('skipped'),
    count('refused'),
    count('not-tried'),
  ];
  const title =
    enrolled > 0
      ? t('finished', { count: enrolled })
      : skipped > 0 && refused === 0
        ? t('nothingNew')
        : t('noneEnrolled');
  return (
    <>
      {!broken && <Note kind={refused === 0 ? 'ok' : enrolled > 0 ? 'warn' : 'bad'} title={title} />}
      {notTried > 0 && (
        <Note kind="warn" title={t('stopped')}>
          {t('again')}
        </Note>
      )}
      <Card>
        <Row gap={32}>
          <Figure label={t('enrolled')} value={format.count(enrolled)} />
          <Figure label={t('skipped')} value={format.count(skipped)} />
          <Figure label={t('refused')} value={format.count(refused)} />
          {notTried > 0 && <Figure label={t('notTried')} value={format.count(notTried)} />}
        </Row>
      </Card>
    </>
  );
}

type Refused = ImportOutcome & { key: string };

const refusedColumns: Columns<Refused, typeof importStrings> = [
  { id: 'file', cell: ({ file }) => <span style={{ overflowWrap: 'anywhere' }}>{file}</span> },
  { id: 'person', priority: 3, cell: ({ person }) => person },
  { id: 'why', cell: ({ reason }) => reason },
  { id: 'code', priority: 3, cell: ({ code }) => <code>{code}</code> },
];

function Refusals({ outcomes }: { outcomes: readonly ImportOutcome[] }) {
  const t = useStrings(importStrings);
  const columns = useColumns(refusedColumns, importStrings);
  const refused = outcomes
    .map((one, index): Refused => ({ ...one, key: String(index) }))
    .filter(({ outcome }) => outcome === 'refused');
  if (refused.length === 0) return null;
  return (
    <Stack gap={8}>
      <DataTable
        label={t('refusals')}
        columns={columns}
        rows={refused.slice(0, SHOWN)}
        rowId={({ key }) => key}
      />
      {refused.length > SHOWN && (
        <p className="small muted">{t('more', { count: refused.length - SHOWN })}</p>
      )}
    </Stack>
  );
}
