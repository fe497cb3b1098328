import { useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { ImportEntry } from '../../../../sdk/admin/bulk-import/run-import.ts';
import { Figure } from '../../../ui/badges/figure.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { useWorld } from '../../session/session-query.ts';
import type { Decided } from './check-list.tsx';
import { type Ended, type Progress, sendPictures } from './send-pictures.ts';
import { importStrings } from './strings.ts';

const nothing: Progress = { settled: 0, enrolled: 0, skipped: 0, refused: 0 };

/** Sends the pictures once. Leaving the page asks; stopping lets the pictures under way end. */
export function ImportProgress({
  entries,
  decided,
  ended,
}: {
  entries: readonly ImportEntry[];
  decided: Decided;
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
      stop: stop.current.signal,
      progress: ({ outcome }) =>
        setProgress((before) => ({
          ...before,
          settled: before.settled + 1,
          ...(outcome !== 'not-tried' && { [outcome]: before[outcome] + 1 }),
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
      <Card title={t('running')}>
        <Stack>
          <p role="status">
            {t('doneOf', { done: format.count(settled), total: format.count(entries.length) })}
          </p>
          <progress
            value={settled}
            max={entries.length}
            style={{ width: '100%' }}
            aria-label={t('running')}
          />
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
        </Stack>
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
