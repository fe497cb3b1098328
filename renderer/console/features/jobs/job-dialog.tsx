import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { Id } from '../../../ui/badges/id.tsx';
import { ExactTime } from '../../../ui/badges/relative-time.tsx';
import { Snippet } from '../../../ui/code/snippet.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { KeyValues, Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { type JobKind, shownState } from './job-words.ts';
import { jobStrings } from './strings.ts';

/** One job: ids and states; nothing personal is in it. */
export function JobDialog({ job, action, close }: { job: Schemas['Job']; action: ReactNode; close(): void }) {
  const t = useStrings(jobStrings);
  const ui = useStrings(uiStrings);
  return (
    <Modal
      opened
      onClose={close}
      title={t(job.kind as JobKind)}
      size={560}
      closeButtonProps={{ 'aria-label': ui('close') }}
    >
      <Stack>
        <KeyValues
          entries={[
            [t('state'), t(shownState(job, Date.now()))],
            [t('attempts'), t('of', { attempts: job.attempts, most: job.mostAttempts })],
            [t('error'), job.lastError],
            [t('next'), job.state === 'waiting' && job.runAt && <ExactTime key="next" at={job.runAt} />],
            [t('added'), job.createdAt && <ExactTime key="added" at={job.createdAt} />],
            [t('ended'), job.finishedAt && <ExactTime key="ended" at={job.finishedAt} />],
            [t('lane'), job.lane && <Id key="lane" id={job.lane} name={t('lane')} />],
            [
              t('organization'),
              job.organization && <Id key="org" id={job.organization} name={t('organization')} />,
            ],
            [t('id'), <Id key="id" id={job.id} full name={t('id')} />],
          ]}
        />
        {Object.keys(job.payload).length > 0 && (
          <Snippet code={JSON.stringify(job.payload, null, 2)} name={t('payload')} />
        )}
        <Row>
          {action}
          <Button onClick={close} data-autofocus>
            {ui('close')}
          </Button>
        </Row>
      </Stack>
    </Modal>
  );
}
