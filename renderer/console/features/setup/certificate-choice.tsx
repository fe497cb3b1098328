import { Textarea } from '@mantine/core';
import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import { Badge, Button, Snippet } from '../../../ui/controls/index.ts';
import { AskBeforeLeaving, Choice } from '../../../ui/forms/index.ts';
import { Card, KeyValues, Note, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas, saveFile } from '../../data.ts';
import { Refused, useOperation } from '../../operations.ts';
import { nameStrings } from './name-strings.ts';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import type { useSavedStep } from './use-saved-step.ts';

type Way = 'request' | 'own' | 'pair';

interface Props {
  certificate: Schemas['Certificate'];
  name: Schemas['BoxName'];
  read(): void;
  rename(): void;
  steps: ReturnType<typeof useSavedStep>;
}

/** Whose certificate the box shows: that of the organization's authority, its own, or a pair that is brought. */
export function CertificateChoice({ certificate, name, read, rename, steps }: Props) {
  const t = useStrings(nameStrings);
  const shared = useStrings(setupStrings);
  const { frame, save, finish, later, back } = steps;
  const [way, setWay] = useState<Way>(certificate.requested ? 'request' : 'own');
  const theirs = certificate.served !== undefined && certificate.served.source !== 'own';
  const waits = !theirs && way !== 'own';
  const brought = useBrought(way === 'pair', read);
  const toInstall = waits && brought.chain.trim() !== '';
  return (
    <SetupFrame
      {...frame}
      title={t('certificateTitle')}
      lead={t('certificateLead', { name: name.hostName ?? location.hostname })}
    >
      <Served certificate={certificate} rename={rename} />
      {brought.install.data?.notes.map((note) => (
        <Note key={note} kind="warn" title={note} />
      ))}
      {!theirs && (
        <Choice
          legend={t('certificateTitle')}
          value={way}
          choose={setWay}
          options={[
            {
              value: 'request',
              label: t('byRequest'),
              hint: t('byRequestHint'),
              more: <ByRequest brought={brought} />,
            },
            {
              value: 'own',
              label: t('byBox'),
              hint: t('byBoxHint'),
              more: <ByBox />,
            },
            {
              value: 'pair',
              label: t('byPair'),
              hint: t('byPairHint'),
              more: <Brought withKey brought={brought} />,
            },
          ]}
        />
      )}
      <Refused of={save} title={shared('failed')} />
      <AskBeforeLeaving
        when={!theirs && brought.isThere}
        title={t('leaveBroughtTitle')}
        text={t('leaveBroughtText')}
      />
      <StepActions
        back={back}
        later={waits ? undefined : later}
        note={waits && !toInstall ? t('certificateWaits') : undefined}
      >
        {toInstall ? (
          <Button
            kind="primary"
            busy={brought.install.isPending}
            onClick={() => brought.install.mutate(undefined)}
          >
            {t('install')}
          </Button>
        ) : (
          <Button kind="primary" busy={save.isPending} onClick={() => (waits ? later() : finish())}>
            {shared('continue')}
          </Button>
        )}
      </StepActions>
    </SetupFrame>
  );
}

function Served({ certificate: { served, leftOut }, rename }: Pick<Props, 'certificate' | 'rename'>) {
  const t = useStrings(nameStrings);
  const format = useFormat();
  return (
    <Card
      title={t('servedTitle')}
      actions={
        <Button small onClick={rename}>
          {t('rename')}
        </Button>
      }
      gap={12}
    >
      {served && (
        <KeyValues
          entries={{
            [t('servedSource')]: (
              <Badge kind={served.source === 'own' ? 'plain' : 'ok'}>{t(`served-${served.source}`)}</Badge>
            ),
            [t('servedIssuer')]: served.issuer,
            [t('servedNames')]: served.names.join(', '),
            [t('servedEnds')]: format.date(served.to),
          }}
        />
      )}
      {leftOut.length > 0 && <Note kind="warn" title={t('leftOut', { names: leftOut.join(', ') })} />}
    </Card>
  );
}

function ByRequest({ brought }: { brought: BroughtFiles }) {
  const t = useStrings(nameStrings);
  const request = useOperation((again: boolean) =>
    api.post('/api/admin/certificate/request', {}, { again, addresses: false }),
  );
  const pem = request.data?.request;
  return (
    <Stack>
      <Card title={t('requestTitle')} gap={16}>
        <p className="muted">{t('requestText')}</p>
        <Refused of={request} title={t('requestFailed')} />
        {pem !== undefined && <Snippet name={t('requestTitle')} code={pem} />}
        <Row>
          {pem === undefined ? (
            <Button busy={request.isPending} onClick={() => request.mutate(false)}>
              {t('requestMake')}
            </Button>
          ) : (
            <Button onClick={() => saveFile('gatehouse.csr', pem, 'application/pkcs10')}>
              {t('requestSave')}
            </Button>
          )}
          {request.data?.made === false && (
            <Button kind="quiet" busy={request.isPending} onClick={() => request.mutate(true)}>
              {t('requestAgain')}
            </Button>
          )}
        </Row>
      </Card>
      <Brought brought={brought} />
    </Stack>
  );
}

function ByBox() {
  const t = useStrings(nameStrings);
  const link = (inside: ReactNode) => (
    <a href="/trust" target="_blank" rel="noreferrer">
      {inside}
    </a>
  );
  const code = (inside: ReactNode) => <code>{inside}</code>;
  return (
    <Note title={t('trustTitle')}>
      {t.rich('trustText', { link })} {t.rich('trustCompare', { code })}
    </Note>
  );
}

type BroughtFiles = ReturnType<typeof useBrought>;

/** What was brought and is not installed yet. It stays while another way is looked at. */
function useBrought(withKey: boolean, installed: () => void) {
  const [chain, setChain] = useState('');
  const [key, setKey] = useState('');
  const install = useOperation(
    () =>
      api.post('/api/admin/certificate/install', {}, { chain, ...(withKey && key.trim() !== '' && { key }) }),
    {
      done: () => {
        setChain('');
        setKey('');
        installed();
      },
    },
  );
  return { chain, setChain, key, setKey, install, isThere: `${chain}${key}`.trim() !== '' };
}

/** The answer of an authority, or a pair that is there already. The step's own button installs it. */
function Brought({
  withKey = false,
  brought: { chain, setChain, key, setKey, install },
}: {
  withKey?: boolean;
  brought: BroughtFiles;
}) {
  const t = useStrings(nameStrings);
  return (
    <Card title={t(withKey ? 'pairTitle' : 'answerTitle')} gap={16}>
      <PemField label={t('chain')} hint={t('chainHint')} value={chain} change={setChain} />
      {withKey && (
        <PemField label={t('privateKey')} hint={t('privateKeyHint')} value={key} change={setKey} secret />
      )}
      <Refused of={install} title={t('notInstalled')} />
    </Card>
  );
}

/** As the box takes it. */
const MOST = 64 * 1024;

/** A PEM text: pasted, dropped, or from a file. */
function PemField({
  label,
  hint,
  value,
  change,
  secret = false,
}: {
  label: string;
  hint: string;
  value: string;
  change(text: string): void;
  /** Not kept by the browser. */
  secret?: boolean;
}) {
  const shared = useStrings(setupStrings);
  const t = useStrings(nameStrings);
  const input = useRef<HTMLInputElement>(null);
  const [tooLarge, setTooLarge] = useState<string>();
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    const fits = file.size <= MOST;
    setTooLarge(fits ? undefined : file.name);
    if (fits) change(await file.text());
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  };
  return (
    <Stack gap={8}>
      <Textarea
        label={label}
        description={hint}
        value={value}
        rows={5}
        error={tooLarge !== undefined && t('pemTooLarge', { name: tooLarge })}
        onChange={(event) => {
          setTooLarge(undefined);
          change(event.currentTarget.value);
        }}
        onDragOver={(event) => event.preventDefault()}
        onDrop={onDrop}
        autoComplete="off"
        spellCheck={false}
        styles={{
          input: {
            fontFamily: 'var(--mono)',
            fontSize: '0.75rem',
            ...(secret && { WebkitTextSecurity: 'disc' }),
          },
        }}
      />
      <Row>
        <Button small onClick={() => input.current?.click()}>
          {shared('chooseFile')}
        </Button>
        <input
          ref={input}
          type="file"
          hidden
          accept=".pem,.crt,.cer,.key,application/x-pem-file"
          aria-label={`${shared('chooseFile')}: ${label}`}
          onChange={({ target }) => {
            void take(target.files?.[0]);
            target.value = '';
          }}
        />
      </Row>
    </Stack>
  );
}
