import { Modal } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import {
  IconAdjustmentsHorizontal,
  IconDeviceTablet,
  IconFileCertificate,
  IconFingerprint,
  IconListCheck,
  IconRoute,
  IconSearch,
  IconUser,
  IconUserCheck,
  IconUserPlus,
  type TablerIcon,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { type KeyboardEvent, type ReactNode, useDeferredValue, useId, useState } from 'react';
import { foldCase } from '../../../sdk/admin/fold-case.ts';
import { readReference, referenceOf } from '../../../sdk/admin/reference.ts';
import { defineStrings, useFormat, useStrings } from '../../ui/strings/index.ts';
import { read } from '../api/admin.ts';
import { managers, mayOpen, operators, readers, type ScreenData, sessionReaders } from '../screen-data.ts';
import { useSession, useWorld } from '../session/session-query.ts';
import de from './action-strings.de.json' with { type: 'json' };
import en from './action-strings.en.json' with { type: 'json' };
import { frameStrings } from './frame-strings.ts';
import { hrefOfId } from './href-of-id.ts';
import styles from './palette.module.css';
import { useNavigation } from './use-navigation.ts';

/** Names of the actions in the palette. */
const actionStrings = defineStrings('console/frame/action-strings', en, de);

interface Hit {
  key: string;
  group: 'palettePeople' | 'paletteCases' | 'paletteScreens' | 'paletteActions';
  label: string;
  detail?: string | undefined;
  icon: TablerIcon;
  href: string;
}

/** People by name, address or id, what has an id or a reference, screens, actions, in this order. `>` shows actions alone. Nothing that destroys runs from here. */
export function CommandPalette({ opened, close }: { opened: boolean; close(): void }) {
  const t = useStrings(frameStrings);
  return (
    <Modal.Root opened={opened} onClose={close} padding={0} size={560} radius={12} yOffset="9vh">
      <Modal.Overlay />
      <Modal.Content aria-label={t('paletteTitle')}>
        <Modal.Body>
          <PaletteBody close={close} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function PaletteBody({ close }: { close(): void }) {
  const t = useStrings(frameStrings);
  const list = useId();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const hits = useHits(useDeferredValue(text));
  const chosen = Math.min(at, hits.length - 1);
  const go = (hit: Hit | undefined) => {
    if (!hit) return;
    close();
    void navigate({ href: hit.href });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length > 0) {
      event.preventDefault();
      setAt((chosen + step + hits.length) % hits.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(hits[chosen]);
    }
  };
  return (
    <>
      <div className={styles.query}>
        <IconSearch size={18} stroke={1.75} aria-hidden="true" />
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={hits[chosen] && `${list}-${chosen}`}
          aria-label={t('paletteHint')}
          placeholder={t('paletteHint')}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={list} role="listbox" aria-label={t('paletteTitle')} className={styles.list}>
        {hits.length === 0 && <p className={styles.none}>{t('paletteNothing')}</p>}
        {hits.map((hit, index) => (
          <PaletteHit
            key={hit.key}
            hit={hit}
            id={`${list}-${index}`}
            selected={index === chosen}
            heading={hits[index - 1]?.group === hit.group ? undefined : t(hit.group)}
            choose={() => go(hit)}
          />
        ))}
      </div>
      <p className={styles.tips}>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> {t('paletteMove')}
        </span>
        <span>
          <kbd>Enter</kbd> {t('paletteOpen')}
        </span>
        <span>
          <kbd>&gt;</kbd> {t('paletteOnlyActions')}
        </span>
      </p>
    </>
  );
}

function PaletteHit({
  hit: { label, detail, icon: Icon },
  id,
  selected,
  heading,
  choose,
}: {
  hit: Hit;
  id: string;
  selected: boolean;
  heading: ReactNode;
  choose(): void;
}) {
  return (
    <>
      {heading && (
        <div className={styles.heading} role="presentation">
          {heading}
        </div>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the input holds the focus and answers the keys */}
      <div
        id={id}
        role="option"
        aria-selected={selected}
        tabIndex={-1}
        className={styles.option}
        onClick={choose}
      >
        <Icon size={18} stroke={1.75} aria-hidden="true" />
        <span className={styles.label}>
          {label}
          {detail !== undefined && <span className="small muted"> {detail}</span>}
        </span>
      </div>
    </>
  );
}

function useHits(text: string): Hit[] {
  const t = useStrings(frameStrings);
  const onlyActions = text.startsWith('>');
  const wanted = foldCase((onlyActions ? text.slice(1) : text).trim());
  const matches = (label: string) => foldCase(label).includes(wanted);
  const found = useFound(onlyActions ? '' : text.trim());
  const screens = useNavigation()
    .flatMap(({ entries }) => entries)
    .map(
      ({ to, label, icon }): Hit => ({
        key: to,
        group: 'paletteScreens',
        label: t(label as 'overview'),
        icon,
        href: to,
      }),
    );
  return [
    ...found,
    ...(onlyActions ? [] : screens.filter(({ label }) => matches(label))),
    ...usePaletteActions().filter(({ label }) => matches(label)),
  ].slice(0, 12);
}

/** What the service knows by this text: people by name or address, and the case of a reference that a person was shown. */
function useFound(text: string): Hit[] {
  const t = useStrings(frameStrings);
  const env = useWorld();
  const { user } = useSession();
  const { routesByPath } = useRouter();
  const asked = useDebouncedValue(text, 200)[0];
  const { verification, session } = readReference(asked);
  const reads = readers.includes(user.role);
  const readsSessions = sessionReaders.includes(user.role);
  const people = useQuery({
    ...read('/api/admin/subjects', { env, search: asked, limit: 6 }),
    enabled: reads && asked.length >= 2 && !/^[a-z]+_[0-9a-z]{26}$/.test(asked),
  });
  const verifications = useQuery({
    ...read('/api/admin/verifications', { env, reference: verification, limit: 6 }),
    enabled: reads && verification !== undefined,
  });
  const sessions = useQuery({
    ...read('/api/admin/sessions', { env, reference: session, limit: 6 }),
    enabled: readsSessions && session !== undefined,
  });
  const delivery = useQuery({
    ...read('/api/admin/deliveries/{id}', { id: asked, env }),
    enabled: reads && /^dlv_[0-9a-z]{26}$/.test(asked),
    retry: false,
  });
  const endpoint = delivery.data?.endpoint;
  const href = endpoint === undefined ? hrefOfId(asked) : `/webhooks/${endpoint}`;
  const hits: Hit[] = (people.data?.items ?? []).map(({ id, name, email }) => ({
    key: id,
    group: 'palettePeople',
    label: name ?? email ?? id,
    detail: name && email,
    icon: IconUser,
    href: `/people/${id}`,
  }));
  const cases = [
    ...(verifications.data?.items ?? []).map(({ id, at }) => ['/verifications', id, at] as const),
    ...(sessions.data?.items ?? []).map(({ id, createdAt }) => ['/sessions', id, createdAt] as const),
  ];
  const format = useFormat();
  for (const [screen, id, at] of cases)
    hits.push({
      key: id,
      group: 'paletteCases',
      label: `${t(screen === '/sessions' ? 'liveSessions' : 'verifications')} ${referenceOf(id)}`,
      detail: format.absolute(at),
      icon: IconListCheck,
      href: `${screen}/${id}`,
    });
  if (href !== undefined && hits.length === 0)
    hits.push({ key: asked, group: 'paletteCases', label: asked, icon: IconListCheck, href });
  return hits.filter(
    ({ href }) => href.split('/')[1] !== undefined && `/${href.split('/')[1]}` in routesByPath,
  );
}

interface PaletteAction extends ScreenData {
  label: keyof (typeof actionStrings)['en'];
  /** Where it begins: an action that destroys opens its page, and never runs from the palette. */
  to: string;
  icon: TablerIcon;
}

/** Every action of the palette; one is offered where its route exists and the role may open it. */
const actions: readonly PaletteAction[] = [
  { label: 'enroll', to: '/enroll', icon: IconUserPlus, roles: operators },
  { label: 'verify', to: '/verify', icon: IconUserCheck, roles: operators },
  { label: 'importMany', to: '/people/import', icon: IconUserPlus, roles: operators },
  { label: 'consents', to: '/consents', icon: IconFileCertificate, roles: readers },
  { label: 'receipts', to: '/receipts', icon: IconFileCertificate, roles: readers },
  { label: 'pairKiosk', to: '/kiosks/pair', icon: IconDeviceTablet, roles: managers },
  { label: 'newProfile', to: '/profiles/new', icon: IconAdjustmentsHorizontal, roles: managers },
  { label: 'newFlow', to: '/flows/new', icon: IconRoute, roles: managers },
  { label: 'newScope', to: '/uniqueness/new', icon: IconFingerprint, roles: managers },
];

function usePaletteActions(): Hit[] {
  const t = useStrings(actionStrings);
  const { routesByPath } = useRouter();
  const { user } = useSession();
  return actions
    .filter((action) => action.to in routesByPath && mayOpen(action, user))
    .map(({ label, to, icon }) => ({
      key: `action ${to}`,
      group: 'paletteActions',
      label: t(label),
      icon,
      href: to,
    }));
}
