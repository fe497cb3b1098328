import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { CopyButton } from '../../../ui/badges/id.tsx';
import { QrCode } from '../../../ui/code/qr-code.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { Refusal } from '../../api/refusal.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { spaced, timeLeft } from './kiosk-state.ts';
import styles from './kiosks.module.css';
import { kioskStrings } from './strings.ts';

const POLL = 1_500;

/** The code until a device gives it; then the fingerprint to compare. */
export function PairingSteps({ begun, again }: { begun: Schemas['BegunPairing']; again(): void }) {
  const t = useStrings(kioskStrings);
  const params = { path: { id: begun.id }, query: {} };
  const now = useNow();
  const [ended, setEnded] = useState(false);
  const { data, error } = useQuery({
    queryKey: ['pairing', begun.id],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/kiosk-pairings/{id}', { params, signal })),
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
  const ui = useStrings(uiStrings);
  const cancel = useCancel(begun.id, again);
  const address = `${location.origin}/kiosk/`;
  return (
    <>
      <Card title={t('stepDevice')}>
        <Stack gap={12}>
          <p>{t('stepDeviceText')}</p>
          <Row gap={4}>
            <code className={styles.address}>{address}</code>
            <CopyButton text={address} name={t('address')} />
          </Row>
          {!isThisMachine && <QrCode text={address} label={t('qr')} />}
          {isThisMachine && <p className="small muted">{t('thisMachine')}</p>}
        </Stack>
      </Card>
      <Card title={t('stepCode')}>
        <Stack gap={12}>
          <output className={styles.code} aria-label={t('code')}>
            {spaced(begun.code)}
          </output>
          <p className="num muted" role="timer">
            {t('codeLeft', { time: left })} · {t('triesLeft', { count: tries })}
          </p>
          <p className="small muted" role="status">
            {t('waiting')}
          </p>
        </Stack>
      </Card>
      {cancel.error && <LoadFailed error={cancel.error} title={ui('couldNotSave')} />}
      <Row>
        <Button busy={cancel.isPending} onClick={() => cancel.mutate()}>
          {t('cancelPairing')}
        </Button>
      </Row>
    </>
  );
}

/** A pairing that is over already needs no cancelling. */
function useCancel(id: string, done: () => void) {
  return useMutation({
    async mutationFn() {
      try {
        await replyOf(
          admin.DELETE('/api/admin/kiosk-pairings/{id}', { params: { path: { id }, query: {} } }),
        );
      } catch (error) {
        if (!(error instanceof Refusal && error.status === 404)) throw error;
      }
    },
    onSuccess: done,
  });
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
  const queryClient = useQueryClient();
  const cancel = useCancel(id, again);
  const confirm = useMutation({
    mutationFn: () =>
      replyOf(admin.POST('/api/admin/kiosk-pairings/{id}/confirm', { params: { path: { id }, query: {} } })),
    async onSuccess({ name }) {
      ended();
      toast(t('pairedDone'), { text: name });
      await queryClient.invalidateQueries({ queryKey: ['kiosks'] });
      await navigate({ to: '/kiosks' });
    },
  });
  return (
    <>
      <Card title={t('stepCompare')}>
        <Stack gap={12}>
          <p>{t('stepCompareText')}</p>
          <output className={styles.code} aria-label={t('fingerprint')}>
            {fingerprint}
          </output>
          <p className="num muted" role="timer">
            {t('codeLeft', { time: left })}
          </p>
        </Stack>
      </Card>
      {(confirm.error ?? cancel.error) && (
        <LoadFailed error={confirm.error ?? cancel.error} title={ui('couldNotSave')} />
      )}
      <Row>
        <Button kind="primary" busy={confirm.isPending} onClick={() => confirm.mutate()}>
          {t('confirm')}
        </Button>
        <Button kind="dangerQuiet" busy={cancel.isPending} onClick={() => cancel.mutate()}>
          {t('differ')}
        </Button>
      </Row>
    </>
  );
}
