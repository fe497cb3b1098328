import { IconPackage } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Badge, LinkButton } from '../../../ui/controls/index.ts';
import { Dialog, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { read, type Schemas } from '../../data.ts';
import { Part } from './part.tsx';
import { overviewStrings } from './strings.ts';

/** In this browser: the version whose notes were opened last. */
const SEEN = 'gatehouse.release-notes';

/** Which version runs, and its notes, which are marked until they were opened. */
export function VersionPart() {
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
