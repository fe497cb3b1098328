import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { organizationQuery } from '../../organization-query.ts';
import { CheckList, type Decided } from './check-list.tsx';
import { ChooseSource } from './choose-source.tsx';
import { ImportProgress } from './import-progress.tsx';
import { ImportReport } from './import-report.tsx';
import type { Ended } from './send-pictures.ts';
import type { PictureList } from './source.ts';
import { importStrings } from './strings.ts';

export const Route = createLazyRoute('/people/import')({ component: ImportScreen });

type Step =
  | { is: 'choose' }
  | { is: 'check'; list: PictureList }
  | { is: 'run'; list: PictureList; decided: Decided }
  | { is: 'done'; ended: Ended };

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
      {organization.error && (
        <LoadFailed error={organization.error} retry={() => void organization.refetch()} />
      )}
      {step.is === 'choose' && <ChooseSource chosen={(list) => setStep({ is: 'check', list })} />}
      {step.is === 'check' && organization.data && (
        <CheckList
          list={step.list}
          withConsent={organization.data.consentPolicy === 'with-call'}
          start={(decided) => setStep({ is: 'run', list: step.list, decided })}
          back={choose}
        />
      )}
      {step.is === 'run' && (
        <ImportProgress
          entries={step.list.entries}
          decided={step.decided}
          ended={(ended) => setStep({ is: 'done', ended })}
        />
      )}
      {step.is === 'done' && <ImportReport ended={step.ended} next={choose} />}
    </Page>
  );
}
