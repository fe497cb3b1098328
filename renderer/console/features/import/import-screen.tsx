import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useBlocker } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { ImportEntry } from '../../../../sdk/admin/bulk-import/run-import.ts';
import { Button, Figure } from '../../../ui/controls/index.ts';
import { Card, ConfirmDialog, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { organizationQuery, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { CheckList, type Decided } from './check-list.tsx';
import { ChooseSource } from './choose-source.tsx';
import { ImportReport } from './import-report.tsx';
import { type Ended, entriesOf, type Progress, sendPictures, together } from './send-pictures.ts';
import type { PictureList } from './source.ts';
import { importStrings } from './strings.ts';

export const Route = createLazyRoute('/people/import')({ component: ImportScreen });

interface Whole {
  entries: readonly ImportEntry[];
  decided: Decided;
}

type Step =
  | { is: 'choose' }
  | { is: 'check'; list: PictureList }
  /** `before`: how the import of the `whole` ended, of which these pictures are tried once more. */
  | ({ is: 'run'; whole: Whole; before?: Ended } & Whole)
  | { is: 'done'; whole: Whole; ended: Ended };

function ImportScreen() {
  const t = useStrings(importStrings);
  const [step, setStep] = useState<Step>({ is: 'choose' });
  const organization = useQuery(organizationQuery);
  const choose = () => setStep({ is: 'choose' });
  return (
    <Page
      title={t('title')}
      lead={step.is === 'choose' ? t('lead') : undefined}
      parents={[{ label: t('people'), to: '/people' }]}
    >
      {organization.error && <Refused of={organization} />}
      {step.is === 'choose' && <ChooseSource chosen={(list) => setStep({ is: 'check', list })} />}
      {step.is === 'check' && organization.data && (
        <CheckList
          list={step.list}
          withConsent={organization.data.consentPolicy === 'with-call'}
          start={(decided) => {
            const whole = { entries: step.list.entries, decided };
            setStep({ is: 'run', whole, ...whole });
          }}
          back={choose}
        />
      )}
      {step.is === 'run' && (
        <ImportProgress
          entries={step.entries}
          decided={step.decided}
          sent={step.before?.sent}
          ended={(ended) =>
            setStep({
              is: 'done',
              whole: step.whole,
              ended: step.before ? together(step.before, ended) : ended,
            })
          }
        />
      )}
      {step.is === 'done' && (
        <ImportReport
          ended={step.ended}
          next={choose}
          again={(outcomes, change) =>
            setStep({
              is: 'run',
              whole: step.whole,
              entries: entriesOf(step.whole.entries, outcomes),
              decided: change === 'as-scans' ? asScans(step.whole.decided) : step.whole.decided,
              before: step.ended,
            })
          }
        />
      )}
    </Page>
  );
}

const asScans = ({ common, ...decided }: Decided): Decided => ({
  ...decided,
  common: { ...common, overrideLiveness: true },
});

const nothing: Progress = { settled: 0, enrolled: 0, skipped: 0, refused: 0 };

/** Sends the pictures once. Leaving the page asks; stopping lets the pictures under way end. */
function ImportProgress({
  entries,
  decided,
  sent,
  ended,
}: Whole & {
  sent: Ended['sent'] | undefined;
  ended(how: Ended): void;
}) {
  const t = useStrings(importStrings);
  const format = useFormat();
  const env = useWorld();
  const queryClient = useQueryClient();
  const [progress, setProgress] = useState(nothing);
  const [stopping, setStopping] = useState(false);
  const stop = useRef(new AbortController());
  const running = useRef(false);
  useEffect(() => {
    if (running.current) return;
    running.current = true;
    void sendPictures(env, entries, {
      ...decided,
      sent,
      stop: stop.current.signal,
      progress: ({ outcome }) =>
        setProgress((before) => ({
          ...before,
          settled: before.settled + 1,
          ...(outcome in before && { [outcome]: before[outcome as keyof Progress] + 1 }),
        })),
    }).then((how) => {
      running.current = false;
      void queryClient.invalidateQueries();
      ended(how);
    });
  });
  const end = () => {
    stop.current.abort();
    setStopping(true);
  };
  const { settled, enrolled, skipped, refused } = progress;
  return (
    <Stack gap={24}>
      <Card title={t('running')} gap={16}>
        <p role="status">
          {t('doneOf', { done: format.count(settled), total: format.count(entries.length) })}
        </p>
        <progress value={settled} max={entries.length} style={{ width: '100%' }} aria-label={t('running')} />
        <Row gap={32}>
          <Figure label={t('enrolled')} value={format.count(enrolled)} />
          <Figure label={t('skipped')} value={format.count(skipped)} />
          <Figure label={t('refused')} value={format.count(refused)} />
        </Row>
        <p className="small muted">{t('stay')}</p>
        <Row>
          <Button disabled={stopping} onClick={end}>
            {stopping ? t('stopping') : t('stop')}
          </Button>
        </Row>
      </Card>
      <AskBeforeLeaving running={running} stop={end} />
    </Stack>
  );
}

function AskBeforeLeaving({ running, stop }: { running: { readonly current: boolean }; stop(): void }) {
  const t = useStrings(importStrings);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => running.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => running.current,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      opened={blocker.status === 'blocked'}
      title={t('leaveTitle')}
      confirmLabel={t('leave')}
      cancelLabel={t('goOn')}
      onConfirm={() => {
        stop();
        blocker.proceed?.();
      }}
      onCancel={() => blocker.reset?.()}
    >
      {t('leaveText')}
    </ConfirmDialog>
  );
}
