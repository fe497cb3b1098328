import { Drawer, Popover } from '@mantine/core';
import {
  IconAlertTriangle,
  IconBell,
  IconCircleCheck,
  IconHelp,
  IconMenu2,
  IconSearch,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useMatches } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { AnchorButton, Button, ButtonLink } from '../../ui/controls/index.ts';
import { Dialog, KeyValues, Note, Stack, ToastRegion, useCrumbs, useToasts } from '../../ui/layout/index.ts';
import { uiStrings, useFormat, useStrings } from '../../ui/strings/index.ts';
import { read } from '../api/admin.ts';
import { organizationQuery } from '../queries.ts';
import { mayOpen, readers } from '../screen-data.ts';
import { useSession, useWorld } from '../session/session-query.ts';
import { StepUpDialog } from '../session/step-up.tsx';
import styles from './frame.module.css';
import { frameStrings } from './frame-strings.ts';
import { Refused } from './lost-pages.tsx';
import { helpFor } from './navigation.ts';
import { CommandPalette } from './palette.tsx';
import { SideNavigation } from './side-navigation.tsx';

/** Every page of the console: inside the frame, but for those that are open before sign-in. */
export function Root() {
  const matches = useMatches();
  if (matches.some(({ staticData }) => staticData.open)) return <Outlet />;
  return (
    <>
      <Frame>
        <Screen />
      </Frame>
      <StepUpDialog />
      <ToastRegion />
    </>
  );
}

function Screen() {
  const { user } = useSession();
  const matches = useMatches();
  return matches.every(({ staticData }) => mayOpen(staticData, user)) ? <Outlet /> : <Refused />;
}

const paletteKeys = /mac/i.test(navigator.platform) ? '⌘ K' : 'Ctrl K';

/** Navigation, header and what floats above every screen. */
function Frame({ children }: { children: ReactNode }) {
  const t = useStrings(frameStrings);
  const world = useWorld();
  const [open, setOpen] = useState<'none' | 'navigation' | 'palette' | 'shortcuts'>('none');
  const close = () => setOpen('none');
  useShortcuts({ palette: () => setOpen('palette'), list: () => setOpen('shortcuts') });
  return (
    <>
      <a href="#main" className={styles.skip}>
        {t('skip')}
      </a>
      <div className={styles.app} data-world={world}>
        <div className={styles.side}>
          <SideNavigation />
        </div>
        <div className={styles.main}>
          <StateBar />
          <Header openNavigation={() => setOpen('navigation')} openPalette={() => setOpen('palette')} />
          <FactorBanner />
          <main id="main" tabIndex={-1}>
            {children}
          </main>
        </div>
      </div>
      <Drawer.Root opened={open === 'navigation'} onClose={close} size={280} padding={0}>
        <Drawer.Overlay />
        <Drawer.Content aria-label={t('main')}>
          <SideNavigation onGo={close} />
        </Drawer.Content>
      </Drawer.Root>
      <CommandPalette opened={open === 'palette'} close={close} />
      <ShortcutList opened={open === 'shortcuts'} close={close} />
    </>
  );
}

/** Milliseconds after which it is asked anew what needs attention. */
const EVERY = 60_000;

/** Which organization and world these pages show, whether something needs attention, and the way to the other world. */
function StateBar() {
  const t = useStrings(frameStrings);
  const world = useWorld();
  const { data: organization } = useQuery(organizationQuery);
  return (
    <section className={styles.state} aria-label={t('state')}>
      <span className={styles.world} role="status">
        <b>{t(world === 'test' ? 'testWorld' : 'liveWorld')}</b>
        {world === 'test' && <span> {t('testWorldText')}</span>}
      </span>
      <span className={`clip ${styles.whose}`} title={organization?.name}>
        {organization?.name}
      </span>
      <Attention />
      <Link
        to="."
        search={(search) => ({ ...search, env: world === 'live' ? ('test' as const) : undefined })}
      >
        {t(world === 'live' ? 'toTest' : 'toLive')}
      </Link>
    </section>
  );
}

/** The worst of what needs attention, for those who may read the overview. */
function Attention() {
  const t = useStrings(frameStrings);
  const { user } = useSession();
  const env = useWorld();
  const { data } = useQuery({
    ...read('/api/admin/attention', { env }),
    enabled: readers.includes(user.role),
    refetchInterval: EVERY,
  });
  if (data === undefined) return null;
  const urgency = data.items[0]?.urgency ?? 'none';
  return (
    <Link to="/overview" className={styles.worst} data-urgency={urgency}>
      {urgency === 'none' ? (
        <IconCircleCheck size={16} stroke={1.75} aria-hidden="true" />
      ) : (
        <IconAlertTriangle size={16} stroke={1.75} aria-hidden="true" />
      )}
      {urgency === 'none' ? t('nothingNeedsYou') : t('needAttention', { count: data.items.length })}
    </Link>
  );
}

function Header({ openNavigation, openPalette }: { openNavigation(): void; openPalette(): void }) {
  const t = useStrings(frameStrings);
  return (
    <header className={styles.top}>
      <div className={styles.burger}>
        <Button kind="quiet" square aria-label={t('openNavigation')} onClick={openNavigation}>
          <IconMenu2 size={18} stroke={1.75} />
        </Button>
      </div>
      <Breadcrumb />
      <button
        type="button"
        className={styles.find}
        onClick={openPalette}
        aria-label={`${t('search')} ${paletteKeys}`}
      >
        <IconSearch size={18} stroke={1.75} aria-hidden="true" />
        <span>{t('search')}</span> <kbd>{paletteKeys}</kbd>
      </button>
      <HelpLink />
      <Notifications />
    </header>
  );
}

/** The document that explains this screen, in a tab of its own: what is half done here stays. */
function HelpLink() {
  const t = useStrings(frameStrings);
  const { pathname } = useLocation();
  return (
    <AnchorButton
      kind="quiet"
      square
      small
      href={helpFor(pathname)}
      target="_blank"
      rel="noopener"
      aria-label={t('helpHere')}
    >
      <IconHelp size={18} stroke={1.75} />
    </AnchorButton>
  );
}

function Breadcrumb() {
  const ui = useStrings(uiStrings);
  const crumbs = useCrumbs();
  return (
    <nav aria-label={ui('breadcrumb')} style={{ flex: '1 1 0', minWidth: 0 }}>
      <ol className={styles.crumbs}>
        {crumbs.map(({ label, to }, index) => (
          <li key={`${label} ${to}`} aria-current={index === crumbs.length - 1 ? 'page' : undefined}>
            {index > 0 && <span aria-hidden="true">/</span>}
            {to === undefined ? (
              <span className="clip" title={label}>
                {label}
              </span>
            ) : (
              <Link to={to} className="clip" title={label}>
                {label}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Notifications() {
  const t = useStrings(frameStrings);
  const { kept } = useToasts();
  const format = useFormat();
  return (
    <Popover position="bottom-end" width={320} trapFocus returnFocus>
      <Popover.Target>
        <Button kind="quiet" square small aria-label={t('notifications')}>
          <IconBell size={18} stroke={1.75} />
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={12}>
          <h2>{t('notifications')}</h2>
          {kept.length === 0 && <p className="small muted">{t('noNotifications')}</p>}
          <ul className={styles.notices}>
            {kept.map(({ id, title, text, at }) => (
              <li key={id}>
                <b>{title}</b>
                {text && <div className="small muted">{text}</div>}
                <div className="tiny faint">{format.relative(at)}</div>
              </li>
            ))}
          </ul>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Until a second factor exists: from the first day on. */
function FactorBanner() {
  const t = useStrings(frameStrings);
  const format = useFormat();
  const { user, limitedTo } = useSession();
  const due = user.factorDueAt;
  if (limitedTo === undefined && (due === undefined || due === null)) return null;
  const limited = limitedTo === 'enrollment';
  return (
    <div className={styles.banner}>
      <Note
        kind={limited ? 'bad' : 'warn'}
        title={limited || !due ? t('factorMissing') : t('factorDue', { date: format.date(due) })}
        action={
          <ButtonLink to="/add-passkey" kind="primary">
            {t('addPasskey')}
          </ButtonLink>
        }
      >
        {limited ? t('factorMissingText') : t('factorDueText')}
      </Note>
    </div>
  );
}

function ShortcutList({ opened, close }: { opened: boolean; close(): void }) {
  const t = useStrings(frameStrings);
  return (
    <Dialog opened={opened} title={t('shortcuts')} size={undefined} close={close}>
      <KeyValues
        entries={{
          [t('keySearch')]: (
            <span>
              <kbd>Ctrl K</kbd> <kbd>⌘ K</kbd> <kbd>/</kbd>
            </span>
          ),
          [t('keyShortcuts')]: <kbd>?</kbd>,
          [t('keyClose')]: <kbd>Esc</kbd>,
        }}
      />
    </Dialog>
  );
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Ctrl K, ⌘ K and `/` open the palette, `?` the list of shortcuts; not while something is typed. */
function useShortcuts(actions: { palette(): void; list(): void }): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !isTyping(event.target);
      if (command || slash) {
        event.preventDefault();
        latest.current.palette();
      } else if (event.key === '?' && !isTyping(event.target)) {
        latest.current.list();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
