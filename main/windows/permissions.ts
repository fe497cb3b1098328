/** A permission that a page asks for, in the words of Electron. */
export interface PermissionQuestion {
  permission: string;
  /** URL or origin of the requesting frame. */
  from: string | undefined;
  isMainFrame: boolean;
  /** Kinds of media for the permission `media`. */
  media: readonly string[];
}

export interface PermissionRules {
  /** Origin of the service; undefined before it is known. */
  origin: string | undefined;
  window: 'console' | 'kiosk';
}

/**
 * The camera, without microphone, for the service's own pages; in the console also writing text to the clipboard, by which its Copy buttons
 * work. Nothing else, and nothing for frames of others.
 */
export function isGranted(
  { permission, from, isMainFrame, media }: PermissionQuestion,
  { origin, window }: PermissionRules,
): boolean {
  if (origin === undefined || !isMainFrame || originOf(from) !== origin) return false;
  if (permission === 'media') return media.length > 0 && media.every((kind) => kind === 'video');
  return permission === 'clipboard-sanitized-write' && window === 'console';
}

const originOf = (url: string | undefined) =>
  url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
