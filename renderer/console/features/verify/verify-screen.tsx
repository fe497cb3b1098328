import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { read, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { type Claimed, ClaimedPerson } from './claimed-person.tsx';
import { verifyStrings } from './strings.ts';
import { type By, TakePicture } from './take-picture.tsx';
import { VerifyResult } from './verify-result.tsx';

export const Route = createLazyRoute('/verify')({ component: VerifyScreen });

/** `claimed`: the one person to compare with; absent: all. */
type Step =
  | { is: 'who'; claimed?: Claimed }
  | { is: By; claimed?: Claimed }
  | { is: 'result'; claimed?: Claimed; picture: Blob; by: By };

function VerifyScreen() {
  const env = useWorld();
  const { person } = Route.useSearch();
  return <Verify key={`${env} ${person}`} person={person} />;
}

function Verify({ person: id }: { person: string | undefined }) {
  const t = useStrings(verifyStrings);
  const env = useWorld();
  const [step, setStep] = useState<Step>();
  const person = useQuery({
    ...read('/api/admin/subjects/{id}', { id: id ?? '', env }),
    enabled: id !== undefined,
  });
  const at: Step = step ?? { is: 'who', ...(person.data && { claimed: person.data }) };
  const same = at.claimed && { claimed: at.claimed };
  return (
    <Page title={t('title')} lead={at.is === 'who' ? t('lead') : undefined} reading={at.is !== 'result'}>
      <Refused of={person} />
      {at.is === 'who' && !person.isLoading && (
        <ClaimedPerson
          before={at.claimed}
          next={(claimed, by) => setStep({ is: by, ...(claimed && { claimed }) })}
        />
      )}
      {(at.is === 'camera' || at.is === 'file') && (
        <TakePicture
          claimed={at.claimed}
          by={at.is}
          taken={(picture) => setStep({ is: 'result', ...same, picture, by: at.is })}
          back={() => setStep({ is: 'who', ...same })}
        />
      )}
      {at.is === 'result' && (
        <VerifyResult
          claimed={at.claimed}
          picture={at.picture}
          again={() => setStep({ is: at.by, ...same })}
          another={() => setStep({ is: 'who' })}
        />
      )}
    </Page>
  );
}
