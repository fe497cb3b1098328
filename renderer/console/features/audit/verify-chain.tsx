import { IconShieldCheck } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { readLines } from './read-lines.ts';
import { auditStrings } from './strings.ts';

type Report = Schemas['AuditReport'];
type Progress = { seen: number; all: number } | { report: Report };

/** With a reader: not every browser goes through a stream with `for await`. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function verify(onProgress: (progress: { seen: number; all: number }) => void): Promise<Report> {
  const stream = await replyOf(admin.GET('/api/admin/audit/verification', { params: {}, parseAs: 'stream' }));
  for await (const line of readLines(chunksOf(stream as ReadableStream<Uint8Array>))) {
    const progress = line as Progress;
    if ('report' in progress) return progress.report;
    onProgress(progress);
  }
  throw new Error('The verification ended without a report.');
}

/** Looks at every line of the log of the whole box: only for those who may. */
export function VerifyChain() {
  const t = useStrings(auditStrings);
  const [seen, setSeen] = useState<{ seen: number; all: number }>();
  const run = useMutation({ mutationFn: () => verify(setSeen) });
  return (
    <Card
      title={t('chain')}
      actions={
        <Button busy={run.isPending} onClick={() => run.mutate()}>
          <IconShieldCheck size={18} stroke={1.75} aria-hidden="true" />
          {t('verify')}
        </Button>
      }
    >
      <Stack>
        <p className="muted">{t('chainText')}</p>
        <div role="status">
          {run.isPending && <Row>{seen ? t('verifying', seen) : t('verifyingBegins')}</Row>}
          {run.error && <LoadFailed error={run.error} title={t('notVerified')} />}
          {run.data && !run.isPending && <Result report={run.data} />}
        </div>
      </Stack>
    </Card>
  );
}

function Result({ report }: { report: Report }) {
  const t = useStrings(auditStrings);
  const format = useFormat();
  const signed = report.lastCheckpoint && format.absolute(report.lastCheckpoint.at);
  if (!report.valid)
    return (
      <Note kind="bad" title={t('damaged', { seq: report.damage?.seq ?? 0 })}>
        {report.damage?.says} {t('damagedText')}
      </Note>
    );
  return (
    <Note kind="ok" title={t('whole', { count: report.lines })}>
      {signed ? t('wholeText', { signed, uncovered: report.uncovered }) : t('unsigned')}
    </Note>
  );
}
