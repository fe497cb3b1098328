import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { z } from 'zod';
import { Button, CopyButton } from '../../../ui/controls/index.ts';
import { QrCode } from '../../../ui/controls/qr-code.tsx';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Note, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { Refusal } from '../../../ui/refusal.ts';
import { uiStrings, useStrings } from '../../../ui/strings/index.ts';
import { api, read, type Schemas, useWorld } from '../../data.ts';
import { LoadFailed, OperationForm, Refused, RunButton, Submit, useOperation } from '../../operations.ts';
import { spaced, timeLeft } from './kiosk-state.ts';
import styles from './kiosks.module.css';
import { kioskStrings } from './strings.ts';

const Field = fieldsOf<{ name: string }>()(kioskStrings);

export const Route = createLazyRoute('/kiosks/pair')({ component: PairKioskScreen });

/** A name, then the code for the device, then the fingerprints are compared. */
function PairKioskScreen() {
  const t = useStrings(kioskStrings);
  const [begun, setBegun] = useState<Schemas['BegunPairing']>();
  return (
    <Page
      title={begun ? t('pairName', { name: begun.name }) : t('pair')}
      lead={begun ? undefined : t('pairLead')}
      parents={[{ label: t('title'), to: '/kiosks' }]}
      reading
    >
      {begun ? (
        <PairingSteps key={begun.id} begun={begun} again={() => setBegun(undefined)} />
      ) : (
        <NameForm begun={setBegun} />
      )}
    </Page>
  );
}

function NameForm({ begun }: { begun(pairing: Schemas['BegunPairing']): void }) {
  const t = useStrings(kioskStrings);
  const env = useWorld();
  const form = useCheckedForm(z.object({ name: z.string().trim().min(1, t('nameMissing')).max(60) }), {
    name: '',
  });
  const begin = useOperation(
    ({ name }: { name: string }) => api.post('/api/admin/kiosk-pairings', { env }, { name }),
    { done: begun },
  );
  return (
    <OperationForm form={form} operation={begin}>
      <Card gap={16}>
        <Field name="name" maxLength={60} autoComplete="off" />
        <Note kind={env === 'live' ? 'info' : 'warn'} title={t(env === 'live' ? 'inLive' : 'inTest')}>
          {t('inWorldText')}
        </Note>
      </Card>
      <Submit of={begin} back="/kiosks">
        {t('showCode')}
      </Submit>
    </OperationForm>
  );
}

const POLL = 1_500;

/** The code until a device gives it; then the fingerprint to compare. */
function PairingSteps({ begun, again }: { begun: Schemas['BegunPairing']; again(): void }) {
  const t = useStrings(kioskStrings);
  const params = { id: begun.id };
  const now = useNow();
  const [ended, setEnded] = useState(false);
  const { data, error } = useQuery({
    ...read('/api/admin/kiosk-pairings/{id}', params),
    refetchInterval: ({ state }) => (state.error || ended ? false : POLL),
    refetchIntervalInBackground: true,
    initialData: begun,
    staleTime: 0,
    retry: false,
  });
  const isOver =
    (error instanceof Refusal && error.status === 404) ||
    now >= Date.parse(begun.expiresAt) ||
    (data.state === 'waiting' && data.triesLeft === 0);
  if (isOver && !ended)
    return (
      <Note kind="warn" title={t('over')} action={<Button onClick={again}>{t('newCode')}</Button>}>
        {t('overText')}
      </Note>
    );
  return (
    <Stack gap={24}>
      {error && !ended && <LoadFailed error={error} />}
      {data.state === 'claimed' ? (
        <Compare
          pairing={data}
          left={timeLeft(begun.expiresAt, now)}
          ended={() => setEnded(true)}
          again={again}
        />
      ) : (
        <Code begun={begun} left={timeLeft(begun.expiresAt, now)} tries={data.triesLeft ?? 0} again={again} />
      )}
    </Stack>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const isThisMachine = /^(localhost|127\.|\[::1\])/.test(location.hostname);

function Code({
  begun,
  left,
  tries,
  again,
}: {
  begun: Schemas['BegunPairing'];
  left: string;
  tries: number;
  again(): void;
}) {
  const t = useStrings(kioskStrings);
  const cancel = useCancel(begun.id, again);
  const address = `${location.origin}/kiosk/`;
  return (
    <>
      <Card title={t('stepDevice')} gap={12}>
        <p>{t('stepDeviceText')}</p>
        <Row gap={4}>
          <code className={styles.address}>{address}</code>
          <CopyButton text={address} name={t('address')} />
        </Row>
        {!isThisMachine && <QrCode text={address} label={t('qr')} />}
        {isThisMachine && <p className="small muted">{t('thisMachine')}</p>}
      </Card>
      <Card title={t('stepCode')} gap={12}>
        <output className={styles.code} aria-label={t('code')}>
          {spaced(begun.code)}
        </output>
        <p className="num muted" role="timer">
          {t('codeLeft', { time: left })} · {t('triesLeft', { count: tries })}
        </p>
        <p className="small muted" role="status">
          {t('waiting')}
        </p>
      </Card>
      <Refused of={cancel} />
      <Row>
        <RunButton of={cancel}>{t('cancelPairing')}</RunButton>
      </Row>
    </>
  );
}

/** A pairing that is over already needs no cancelling. */
function useCancel(id: string, done: () => void) {
  return useOperation(
    async () => {
      try {
        await api.delete('/api/admin/kiosk-pairings/{id}', { id });
      } catch (error) {
        if (!(error instanceof Refusal && error.status === 404)) throw error;
      }
    },
    { done },
  );
}

function Compare({
  pairing: { id, fingerprint },
  left,
  ended,
  again,
}: {
  pairing: Schemas['Pairing'];
  left: string;
  ended(): void;
  again(): void;
}) {
  const t = useStrings(kioskStrings);
  const ui = useStrings(uiStrings);
  const navigate = useNavigate();
  const cancel = useCancel(id, again);
  const confirm = useOperation(() => api.post('/api/admin/kiosk-pairings/{id}/confirm', { id }), {
    toast: ({ name }) => [t('pairedDone'), name],
    refresh: ['kiosks'],
    done: async () => {
      ended();
      await navigate({ to: '/kiosks' });
    },
  });
  return (
    <>
      <Card title={t('stepCompare')} gap={12}>
        <p>{t('stepCompareText')}</p>
        <output className={styles.code} aria-label={t('fingerprint')}>
          {fingerprint}
        </output>
        <p className="num muted" role="timer">
          {t('codeLeft', { time: left })}
        </p>
      </Card>
      {(confirm.error ?? cancel.error) && (
        <LoadFailed error={confirm.error ?? cancel.error} title={ui('couldNotSave')} />
      )}
      <Row>
        <RunButton of={confirm} kind="primary">
          {t('confirm')}
        </RunButton>
        <RunButton of={cancel} kind="dangerQuiet">
          {t('differ')}
        </RunButton>
      </Row>
    </>
  );
}
