import type { Schemas } from '../../sdk/admin/client.ts';

/** Shows alerts of the box as notifications of its desktop. No business rules: which alerts there are is the service's to say. */
export interface AlertNotifications {
  /** Polls once and shows new alerts; an error goes to `polled`, and the next poll tries again. */
  poll(): Promise<void>;
  /** Polls now, and every `milliseconds`. */
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
        on(event: 'click', listener: () => void): unknown;
        /** On Windows and macOS; on Linux Electron reports no failure. */
        once(event: 'failed', listener: (event: unknown, error: string) => void): unknown;
      };
      isSupported(): boolean;
    };
  };
  /** A person clicked the notification of this alert, or the one that only counts. */
  open?: (alert: DesktopAlert | undefined) => void;
  /** Those that are not acknowledged. */
  fetchAlerts(): Promise<readonly DesktopAlert[]>;
  /** Ids, kept over restarts: nothing is shown twice. Ids and not a moment, for clocks are set and alerts come together. */
  shown: { read(): Promise<ReadonlySet<string>>; write(ids: ReadonlySet<string>): Promise<void> };
  /** The result of each poll: how many alerts are open, or the error. */
  polled(how: { open: number } | { error: unknown }): void;
  /** As `setInterval`, so that tests own the time; gives what ends it. */
  repeat?: (work: () => void, milliseconds: number) => () => void;
}

/** Per poll; the rest is counted in a single notification. */
const MOST_AT_ONCE = 3;
/** Newest ids that are kept: with more open alerts than this, the oldest are shown again. */
const MOST_KEPT = 1_000;

/** Notifications that are kept for a click. */
const MOST_CLICKABLE = 50;

const onTimers = (work: () => void, milliseconds: number) => {
  const timer = setInterval(work, milliseconds);
  return () => clearInterval(timer);
};

export function createAlertNotifications({
  electron: { Notification },
  fetchAlerts,
  shown,
  polled,
  open: openAlert = () => {},
  repeat = onTimers,
}: AlertNotificationsDeps): AlertNotifications {
  let polling: Promise<void> | undefined;
  let end: (() => void) | undefined;
  /** Ids of alerts whose notification failed, perhaps after they were kept as shown: they are shown at the next poll. */
  const failed = new Set<string>();
  /** Referenced here, because a collected notification receives no clicks. */
  const clickable: unknown[] = [];

  function show(words: Words, alerts: readonly DesktopAlert[]): void {
    const fail = (error: unknown) => {
      for (const { id } of alerts) failed.add(id);
      polled({ error });
    };
    try {
      const notification = new Notification(words);
      notification.once('failed', (_, error) =>
        fail(new Error(`The desktop showed no notification: ${error}`)),
      );
      notification.on('click', () => openAlert(alerts.length === 1 ? alerts[0] : undefined));
      clickable.push(notification);
      if (clickable.length > MOST_CLICKABLE) clickable.shift();
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
    if (failed.size === 0) polled({ open: open.length });
  }
  const poll = () => {
    polling ??= showNew()
      .catch((error: unknown) => polled({ error }))
      .finally(() => {
        polling = undefined;
      });
    return polling;
  };

  return {
    poll,
    start(milliseconds) {
      end ??= repeat(() => void poll(), milliseconds);
      void poll();
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
