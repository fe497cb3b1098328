import { IconExternalLink } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { Page, Row } from '../../../ui/layout/index.ts';
import { defineStrings, useStrings } from '../../../ui/strings/index.ts';
import { api } from '../../data.ts';
import { Refused, useOperation } from '../../operations.ts';
import { boardPath } from './board-path.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

const jobStrings = defineStrings('console/features/jobs/strings', en, de);

export const Route = createLazyRoute('/jobs')({ component: ToTheBoard });

/** Goes on to the board of jobs, by a link for one use; in the place of this page, so that Back leads to the one before. */
function ToTheBoard() {
  const t = useStrings(jobStrings);
  const open = useOperation(() => api.post('/api/admin/jobs/links'), {
    done: ({ url }) => location.replace(boardPath(url)),
  });
  const { mutate } = open;
  const asked = useRef(false);
  useEffect(() => {
    if (!asked.current) mutate();
    asked.current = true;
  }, [mutate]);
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Refused of={open} title={t('boardFailed')} />
      <Row>
        <Button
          kind="primary"
          icon={IconExternalLink}
          busy={open.isPending || open.isSuccess}
          onClick={() => mutate()}
        >
          {t('board')}
        </Button>
      </Row>
    </Page>
  );
}
