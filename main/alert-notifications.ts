import type { Schemas } from '../sdk/admin/client.ts';

/** Shows alerts of the box as notifications of its desktop. No business rules: which alerts there are is the service's to say. */
export interface AlertNotifications {
  /** Asks once and shows what is new; what fails is told to `failed` and asked again at the next look. */
  look(): Promise<void>;
  /** Looks now, and every `milliseconds`. */
  start(milliseconds: number): void;
  stop(): void;
}

/** What is shown of an open alert; they come oldest first. */
export type DesktopAlert = Pick<
  Schemas['DesktopAlerts']['items'][number],
  'id' | 'name' | 'metric' | 'env' | 'value' | 'threshold' | 'about'
>;

export interface AlertNotificationsDeps {
  /** The module `electron`. */
  electron: {
    Notification: {
      new (options: {
        title: string;
        body: string;
      }): {
        show(): void;
        /** Of Windows and macOS; on Linux Electron tells no failure. */
        once(event: 'failed', listener: (event: unknown, error: string) => void): unknown;
      };
      isSupported(): boolean;
    };
  };
  /** Those that are not acknowledged. */
  fetchAlerts(): Promise<readonly DesktopAlert[]>;
  /** Ids, kept over restarts: nothing is shown twice. Ids and not a moment, for clocks are set and alerts come together. */
  shown: { read(): Promise<ReadonlySet<string>>; write(ids: ReadonlySet<string>): Promise<void> };
  /** Of every look: so many are open, or what went wrong. */
  looked(how: { open: number } | { error: unknown }): void;
  /** As `setInterval`, so that tests own the time; gives what ends it. */
  repeat?: (work: () => void, milliseconds: number) => () => void;
}

/** Of one look; the rest is counted in a single notification. */
const MOST_AT_ONCE = 3;
/** Ids that are kept, the newest: of more open alerts than this the oldest are shown again. */
const MOST_KEPT = 1_000;

const onTimers = (work: () => void, milliseconds: number) => {
  const timer = setInterval(work, milliseconds);
  return () => clearInterval(timer);
};

export function createAlertNotifications({
  electron: { Notification },
  fetchAlerts,
  shown,
  looked,
  repeat = onTimers,
}: AlertNotificationsDeps): AlertNotifications {
  let looking: Promise<void> | undefined;
  let end: (() => void) | undefined;
  /** Ids of alerts whose notification failed, perhaps after they were kept as shown: they are shown at the next look. */
  const failed = new Set<string>();

  function show(words: Words, alerts: readonly DesktopAlert[]): void {
    const fail = (error: unknown) => {
      for (const { id } of alerts) failed.add(id);
      looked({ error });
    };
    try {
      const notification = new Notification(words);
      notification.once('failed', (_, error) =>
        fail(new Error(`The desktop showed no notification: ${error}`)),
      );
      notification.show();
    } catch (error) {
      fail(error);
    }
  }

  async function showNew(): Promise<void> {
    if (!Notification.isSupported())
      throw new Error('This desktop shows no notifications: alerts are in "gatehouse alert list" alone.');
    const open = await fetchAlerts();
    const before = await shown.read();
    const fresh = open.filter(({ id }) => !before.has(id) || failed.has(id));
    failed.clear();
    if (fresh.length > 0) {
      const rest = fresh.slice(0, -MOST_AT_ONCE);
      if (rest.length > 0) {
        const body = `${rest.length} more ${rest.length === 1 ? 'alert' : 'alerts'}: gatehouse alert list`;
        show({ title: 'Gatehouse', body }, rest);
      }
      for (const alert of fresh.slice(-MOST_AT_ONCE)) show(wordsOf(alert), [alert]);
      // Afterwards: a crash in between shows them twice, never not at all.
      const kept = [...before, ...fresh.map(({ id }) => id)].filter((id) => !failed.has(id));
      await shown.write(new Set(kept.slice(-MOST_KEPT)));
    }
    if (failed.size === 0) looked({ open: open.length });
  }
  const look = () => {
    looking ??= showNew()
      .catch((error: unknown) => looked({ error }))
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };

  return {
    look,
    start(milliseconds) {
      end ??= repeat(() => void look(), milliseconds);
      void look();
    },
    stop() {
      end?.();
      end = undefined;
    },
  };
}

interface Words {
  title: string;
  body: string;
}

/** Ids and figures alone: people who walk past see a desktop. */
function wordsOf({ name, metric, env, value, threshold, about }: DesktopAlert): Words {
  const where = env === 'test' ? ' (test world)' : '';
  return {
    title: `Gatehouse: ${name}${where}`,
    body: `${metric} is at ${value}, the rule is ${threshold}${about === undefined ? '' : `, about ${about}`}`,
  };
}
