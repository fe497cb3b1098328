import {
  IconCertificate,
  IconCpu,
  IconDatabase,
  IconDatabaseExport,
  IconEye,
  IconKey,
  IconPackage,
  type TablerIcon,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Badge, LinkButton, Maturity } from '../../../ui/controls/index.ts';
import { Card, Dialog, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { read, type Schemas, useSession } from '../../data.ts';
import { useAttentionText } from '../../reasons/attention-text.ts';
import styles from './overview.module.css';
import { overviewStrings } from './strings.ts';

/** State of the box: liveness for every role, the rest for appliance owners. */
export function ThisBox({ overview: { liveness, matchOnly } }: { overview: Schemas['Overview'] }) {
  const t = useStrings(overviewStrings);
  const { user } = useSession();
  const { data: status } = useQuery({ ...read('/api/admin/status'), enabled: user.applianceOwner });
  return (
    <Card title={t('box')} flush>
      <ul className={styles.box}>
        <Part icon={IconEye} name={t('liveness')} text={livenessText(liveness, matchOnly, t)}>
          <LivenessBadge liveness={liveness} matchOnly={matchOnly} />
        </Part>
        {status && <StatusParts status={status} />}
        <VersionPart />
      </ul>
    </Card>
  );
}

const livenessText = (
  { installed, set }: Schemas['LivenessLayer'],
  matchOnly: boolean,
  t: (key: 'matchOnlyText' | 'notInstalledText') => string,
) => (matchOnly ? t('matchOnlyText') : installed ? set : t('notInstalledText'));

function LivenessBadge({
  liveness: { installed, maturity },
  matchOnly,
}: {
  liveness: Schemas['LivenessLayer'];
  matchOnly: boolean;
}) {
  const t = useStrings(overviewStrings);
  if (matchOnly) return <Badge kind="warn">{t('matchOnly')}</Badge>;
  if (!installed) return <Badge kind="warn">{t('notInstalled')}</Badge>;
  return maturity === 'proven' || maturity === 'alternate' || maturity === 'experimental' ? (
    <Maturity level={maturity} />
  ) : (
    <Badge>{maturity}</Badge>
  );
}

type Status = Schemas['Status'];

function StatusParts({
  status: { models, inference, storage, attention, certificate, service },
}: {
  status: Status;
}) {
  const t = useStrings(overviewStrings);
  const format = useFormat();
  const textOf = useAttentionText();
  // As the list of what needs attention says it, so that no part is well of which that says something else.
  const itemOf = (part: keyof typeof codesOf) => attention.find(({ code }) => codesOf[part].test(code));
  const badge = (part: keyof typeof codesOf) =>
    itemOf(part) === undefined ? (
      <Badge kind="ok">{t('healthy')}</Badge>
    ) : (
      <Badge kind="warn">{t('look2')}</Badge>
    );
  const titleOf = (part: keyof typeof codesOf) => {
    const item = itemOf(part);
    return item && textOf(item).title;
  };
  function modelsText(): string {
    const { damaged, enabled: on, installed } = models;
    if (damaged.length > 0) return t('damaged', { models: damaged.join(', ') });
    return inference.fallback === undefined
      ? `${t('modelsOn', { on, installed })}, ${inference.provider}`
      : t('slower');
  }
  return (
    <>
      <Part icon={IconCpu} name={t('models')} to="/models" text={modelsText()}>
        {badge('models')}
      </Part>
      <Part
        icon={IconDatabase}
        name={t('storage')}
        text={storage.state === 'ok' ? <FreeSpace storage={storage} /> : t(storageTexts[storage.state])}
      >
        {badge('storage')}
      </Part>
      <Part
        icon={IconCertificate}
        name={t('certificate')}
        to="/settings"
        text={
          certificate
            ? t(certificate.renewsItself ? 'renewsItself' : 'endsOn', {
                date: format.date(certificate.endsAt),
              })
            : t(service?.insecureHttp ? 'noTlsBeyond' : 'noTls')
        }
      >
        {badge('certificate')}
      </Part>
      <Part icon={IconDatabaseExport} name={t('backup')} to="/backups" text={titleOf('backup')}>
        {badge('backup')}
      </Part>
      <Part icon={IconKey} name={t('keys')} text={titleOf('keys')}>
        {badge('keys')}
      </Part>
    </>
  );
}

const codesOf = {
  models: /^(MODEL_|SLOWER_)/,
  storage: /^(STORAGE_|LITTLE_ROOM)/,
  certificate: /^(CERTIFICATE_|NO_TLS)/,
  backup: /BACKUP/,
  keys: /KEY/,
};

const storageTexts = { full: 'storageFull', unavailable: 'storageUnavailable' } as const;

function FreeSpace({ storage: { kind, freeBytes, databaseBytes } }: { storage: Status['storage'] }) {
  const t = useStrings(overviewStrings);
  const format = useFormat();
  return [
    kind === 'sqlite' ? 'SQLite' : 'PostgreSQL',
    databaseBytes !== undefined && format.bytes(databaseBytes),
    freeBytes !== undefined && t('free', { bytes: format.bytes(freeBytes) }),
  ]
    .filter(Boolean)
    .join(', ');
}

/** In this browser: the version whose notes were opened last. */
const SEEN = 'gatehouse.release-notes';

/** Which version runs, and its notes, which are marked until they were opened. */
function VersionPart() {
  const t = useStrings(overviewStrings);
  const format = useFormat();
  const { data } = useQuery({ ...read('/api/admin/release'), staleTime: Number.POSITIVE_INFINITY });
  const [seen, setSeen] = useState(() => localStorage.getItem(SEEN));
  const [open, setOpen] = useState(false);
  if (!data) return null;
  const { version, builtAt } = data;
  const show = () => {
    localStorage.setItem(SEEN, version);
    setSeen(version);
    setOpen(true);
  };
  return (
    <Part
      icon={IconPackage}
      name={t('version')}
      text={
        <>
          {t('versionText', { version, date: format.date(builtAt) })}{' '}
          <LinkButton onClick={show}>{t('whatIsNew')}</LinkButton>
        </>
      }
    >
      {seen !== version && <Badge kind="info">{t('new')}</Badge>}
      {open && <Notes release={data} close={() => setOpen(false)} />}
    </Part>
  );
}

function Notes({ release: { version, notes }, close }: { release: Schemas['Release']; close(): void }) {
  const t = useStrings(overviewStrings);
  return (
    <Dialog title={t('whatIsNewIn', { version })} close={close}>
      {notes.length === 0 && <p className="muted">{t('noNotes')}</p>}
      <div lang="en">
        <Stack>
          {notes.map(({ heading, items }) => (
            <section key={heading}>
              {heading !== '' && <h3>{heading}</h3>}
              <ul className="small">
                {items.map((item) => (
                  <li key={item}>{item}</li>
                ))}
              </ul>
            </section>
          ))}
        </Stack>
      </div>
    </Dialog>
  );
}

/** A row of the card of the box. */
const Part = ({
  icon: Icon,
  name,
  text,
  to,
  children,
}: {
  icon: TablerIcon;
  name: string;
  text: ReactNode;
  /** The screen where it is looked after. */
  to?: '/models' | '/backups' | '/settings';
  children: ReactNode;
}) => (
  <li>
    <span className={styles.icon}>
      <Icon size={18} stroke={1.75} aria-hidden="true" />
    </span>
    <div>
      <b>{to ? <Link to={to}>{name}</Link> : name}</b>
      {text !== undefined && text !== '' && <p className="tiny muted">{text}</p>}
    </div>
    {children}
  </li>
);
