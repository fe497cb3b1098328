import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Button, ButtonLink } from '../../../ui/controls/index.ts';
import { Card, Row, Stack } from '../../../ui/layout/index.ts';
import { Refusal } from '../../../ui/refusal.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, read, type Schemas, useWorld } from '../../data.ts';
import { Refused, useOperation } from '../../operations.ts';
import { reasonKey, reasonStrings } from '../../reasons/reason-strings.ts';
import { adviceFor, Checks, Ending, verificationStrings } from '../verifications/index.ts';
import { type Claimed, nameOf } from './claimed-person.tsx';
import { verifyStrings } from './strings.ts';

/** The id of the verification: a refused picture has one, too. */
async function verify(env: 'live' | 'test', email: string | undefined, file: Blob): Promise<string> {
  try {
    const request = email === undefined ? {} : { email };
    return (await api.post('/api/admin/verifications', { env }, { request, file })).verificationId;
  } catch (error) {
    const stored = error instanceof Refusal && error.body.verificationId;
    if (typeof stored === 'string') return stored;
    throw error;
  }
}

/**
 * Sends the picture once, and shows the answer: first in a sentence, then what decided, then the checks. Without `another` it is a step of
 * an assistant: the answer alone, and no way off the page.
 */
export function VerifyResult({
  claimed,
  picture,
  again,
  another,
}: {
  claimed: Claimed | undefined;
  picture: Blob;
  again(): void;
  another?(): void;
}) {
  const t = useStrings(verifyStrings);
  const env = useWorld();
  const begun = useRef(false);
  const sent = useOperation(() => verify(env, claimed?.email, picture), {
    refresh: ['verifications', 'subjects'],
  });
  const id = sent.data;
  const stored = useQuery({
    ...read('/api/admin/verifications/{id}', { id: id ?? '', env }),
    enabled: id !== undefined,
  });
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    sent.mutate();
  });
  const busy = sent.isPending || stored.isLoading;
  return (
    <Stack gap={24}>
      <Refused of={sent} title={t('failed')} />
      <Refused of={stored} />
      <div role="status">
        {busy && <Card>{t('judging')}</Card>}
        {stored.data && <Answer verification={stored.data} claimed={claimed} alone={!another} />}
      </div>
      {!busy && (
        <Row>
          <Button kind={another ? 'primary' : 'plain'} onClick={again}>
            {t('again')}
          </Button>
          {another && <Button onClick={another}>{t('another')}</Button>}
          {another && id !== undefined && (
            <ButtonLink to="/verifications/$id" params={{ id }}>
              {t('openVerification')}
            </ButtonLink>
          )}
        </Row>
      )}
      {another && stored.data && <Checks verification={stored.data} />}
    </Stack>
  );
}

function Answer({
  verification,
  claimed,
  alone,
}: {
  verification: Schemas['WholePastVerification'];
  claimed: Claimed | undefined;
  alone: boolean;
}) {
  const t = useStrings(verifyStrings);
  const advice = useStrings(verificationStrings);
  const words = useStrings(reasonStrings);
  const { decision, reason, decidedBy, person, name, email } = verification;
  const why = { reason: words(reasonKey(reason, decidedBy)) };
  const title =
    decision === 'verified'
      ? t('itIs', { name: name ?? email ?? person ?? '' })
      : decision === 'refused'
        ? t('refused', why)
        : reason === 'BELOW_MINIMUM'
          ? t('belowMinimum', why)
          : claimed
            ? t('notThis', { name: nameOf(claimed) })
            : t('notAny');
  return (
    <Ending
      verified={decision === 'verified'}
      title={title}
      action={
        !alone &&
        decision === 'verified' &&
        person !== undefined && (
          <ButtonLink to="/people/$id" params={{ id: person }}>
            {t('openPerson')}
          </ButtonLink>
        )
      }
    >
      {decision !== 'verified' && advice(adviceFor(verification))}
    </Ending>
  );
}
