import { type RateWindow, windowAt } from './rate-window.ts';

/**
 * What was counted in the last minute, by name (`burst/…`). Of each kind at most `most` names are held, so that a flood of one
 * kind forgets nothing of another: the longest untouched one goes.
 */
export function createMinuteWindows(most: number) {
  const kinds = new Map<string, Map<string, RateWindow>>();

  function kindOf(name: string): Map<string, RateWindow> {
    const kind = name.slice(0, name.indexOf('/'));
    const found = kinds.get(kind) ?? new Map<string, RateWindow>();
    kinds.set(kind, found);
    return found;
  }

  return {
    of: (name: string): RateWindow => kindOf(name).get(name) ?? [],
    has: (name: string): boolean => kindOf(name).has(name),
    delete: (name: string): void => void kindOf(name).delete(name),
    set(name: string, window: RateWindow): void {
      const windows = kindOf(name);
      windows.delete(name);
      windows.set(name, window);
      if (windows.size > most) windows.delete(windows.keys().next().value!);
    },
    deleteEmpty(now: number): void {
      for (const windows of kinds.values()) {
        for (const [name, window] of windows) if (windowAt(window, now).length === 0) windows.delete(name);
      }
    },
    size: (): number => [...kinds.values()].reduce((sum, { size }) => sum + size, 0),
  };
}
