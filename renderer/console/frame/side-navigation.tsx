import { Menu } from '@mantine/core';
import {
  IconCode,
  IconHelp,
  IconLanguage,
  IconLogout,
  IconShieldLock,
  IconSwitchHorizontal,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation, useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { PersonTile } from '../../ui/controls/index.ts';
import { Logo } from '../../ui/logo.tsx';
import { type Language, useLanguage, useStrings } from '../../ui/strings/index.ts';
import { SchemeSwitch } from '../../ui/theme/scheme-switch.tsx';
import { read } from '../api/admin.ts';
import { useSession, useWorld } from '../session/session-query.ts';
import { useSignOut } from '../session/use-sign-out.ts';
import styles from './frame.module.css';
import { frameStrings } from './frame-strings.ts';
import { helpOf } from './navigation.ts';
import { useNavigation } from './use-navigation.ts';

/** The upright of the frame. `onGo`: closes the drawer that it stands in on narrow screens. */
export function SideNavigation({ onGo }: { onGo?: () => void }) {
  const t = useStrings(frameStrings);
  const groups = useNavigation();
  const scroll = useRef<HTMLDivElement>(null);
  const path = useLocation({ select: ({ pathname }) => pathname });
  useEffect(() => {
    scroll.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [path]);
  return (
    <nav className={styles.nav} aria-label={t('main')}>
      <div className={styles.brand}>
        <Logo className={styles.logo} />
        <span>Gatehouse</span>
      </div>
      <div className={styles.scroll} ref={scroll}>
        {groups.map((group) => (
          <div key={group.label ?? 'start'}>
            {group.label && <h2 id={`nav-${group.label}`}>{t(group.label as 'groupPeople')}</h2>}
            <ul aria-labelledby={group.label && `nav-${group.label}`}>
              {group.entries.map(({ to, label, icon: Icon }) => (
                <li key={to}>
                  <Link to={to} onClick={onGo}>
                    <Icon size={18} stroke={1.75} aria-hidden="true" />
                    {t(label as 'overview')}
                    {label === 'review' && <ReviewCount />}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <div className={styles.me}>
        <AccountMenu />
        <SchemeSwitch />
      </div>
    </nav>
  );
}

const COUNT_EVERY = 60_000;

/** Reviews that wait for a decision. */
function ReviewCount() {
  const t = useStrings(frameStrings);
  const env = useWorld();
  const { data } = useQuery({ ...read('/api/admin/review/count', { env }), refetchInterval: COUNT_EVERY });
  if (!data || data.open === 0) return null;
  return (
    <span className={styles.count} title={t('waiting', { count: data.open })}>
      {data.open}
      <span className="sr"> {t('waiting', { count: data.open })}</span>
    </span>
  );
}

const languageNames: Record<Language, string> = { en: 'English', de: 'Deutsch' };

function AccountMenu() {
  const t = useStrings(frameStrings);
  const { user } = useSession();
  const world = useWorld();
  const { language, choose } = useLanguage();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const { routesByPath } = useRouter();
  const icon = { size: 18, stroke: 1.75 };
  return (
    <Menu position="top-start">
      <Menu.Target>
        <button
          type="button"
          className={styles.account}
          aria-label={t('account', { name: user.name })}
          title={user.name}
        >
          <PersonTile id={user.id} size={24} />
          <span>{user.name}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name}
          <br />
          {user.email}
        </Menu.Label>
        {'/security' in routesByPath && (
          <Menu.Item
            leftSection={<IconShieldLock {...icon} />}
            onClick={() => void navigate({ href: '/security' })}
          >
            {t('security')}
          </Menu.Item>
        )}
        {(Object.keys(languageNames) as Language[])
          .filter((one) => one !== language)
          .map((one) => (
            <Menu.Item
              key={one}
              leftSection={<IconLanguage {...icon} />}
              onClick={() => choose(one)}
              lang={one}
            >
              {languageNames[one]}
            </Menu.Item>
          ))}
        <Menu.Item
          leftSection={<IconSwitchHorizontal {...icon} />}
          onClick={() =>
            void navigate({
              to: '.',
              search: (search) => ({ ...search, env: world === 'test' ? undefined : ('test' as const) }),
            })
          }
        >
          {world === 'test' ? t('toLive') : t('toTest')}
        </Menu.Item>
        {(['help', 'helpDevelopers'] as const).map((label) => (
          <Menu.Item
            key={label}
            component="a"
            href={label === 'help' ? helpOf(user.role) : '/help#developers'}
            target="_blank"
            rel="noopener"
            leftSection={label === 'help' ? <IconHelp {...icon} /> : <IconCode {...icon} />}
          >
            {t(label)}
          </Menu.Item>
        ))}
        <Menu.Item leftSection={<IconLogout {...icon} />} onClick={() => void signOut()}>
          {t('signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
